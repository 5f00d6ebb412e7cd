"""The blueprint to which every page of the desk adds its views."""

from flask import Blueprint

cashier = Blueprint("cashier", __name__)
