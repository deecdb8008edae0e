"""Measurements beside an alternative in the same run. They print ratios; nothing here passes or fails."""
