"""Rows that programs send: refused with the sentences of their models."""

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from ninja.errors import HttpError

M = TypeVar("M", bound=Model)


def checked(row: M, *, but: str = "") -> M:
    """The row, when its model takes it; but one field may be anything. Raises HttpError with 422 and what is wrong."""
    try:
        row.full_clean(exclude={but} if but else None)
    except ValidationError as error:
        parts = [
            said if name == "__all__" else f"{name}: {said}"
            for name, sentences in error.message_dict.items()
            for said in sentences
        ]
        raise HttpError(422, " ".join(parts)) from None
    return row
