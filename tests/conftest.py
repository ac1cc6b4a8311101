"""How the property tests run: as often as they say, however slow the machine is."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a machine busy with something else is no failure
settings.load_profile("untimed")
