"""The ledger of playback: where each play was served from, why not from the cache, and what that comes to."""
