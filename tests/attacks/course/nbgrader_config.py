"""nbgrader's directories, in the attacked course."""

c = get_config()  # noqa: F821  (traitlets provides it)

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "homework"
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
