"""What gunicorn serves."""

from payments.app import create_app

app = create_app()
