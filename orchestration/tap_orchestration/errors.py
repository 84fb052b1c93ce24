"""What can be wrong before a process is started."""


class OrchestrationError(Exception):
    """A mistake in the tenants file or the environment, or a state that does not allow a run.

    Trying again changes nothing; the message says in one line what to do, without secrets.
    """
