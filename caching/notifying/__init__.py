"""Notifications: what is worth telling, the outbox it waits in, and the ways out.

Whoever does something tells of it by `outbox.tell`, in the transaction of what happened. Nothing here is imported by
default: the modules that look at rows stand above those that tell.
"""
