"""Trainings that take long: what is asked, remembered, shown, gone on with."""
