"""What every adapter needs to read hostile text: strict JSON, whole đồng, local times, limits."""
