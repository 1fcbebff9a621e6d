"""What the tests of pages share."""

import shutil

import pytest


@pytest.fixture(scope="session")
def node() -> str:
    """The program that runs JavaScript without a browser."""
    found = shutil.which("node")
    if not found:
        pytest.skip("node is not installed")
    return found
