"""The planner: pure functions over frozen values. Imports the standard library only, and asks nobody anything."""
