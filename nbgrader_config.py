"""nbgrader's configuration of this course: its directories, the code stub, the late rule."""

from pathlib import Path

from grader.record.late import CourseLatePenalty

c = get_config()  # noqa: F821  (traitlets provides it)

c.CourseDirectory.course_id = "llm-development-fundamentals"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "homework"

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.AssignLatePenalties.plugin_class = CourseLatePenalty

# What students wrote is shown to people by generate_feedback and by formgrader, whose templates
# print Markdown and outputs as they come.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.preprocessors = ["grader.report.sanitize.CleanOutputs"]
c.HTMLExporter.filters = {"markdown2html": "grader.report.sanitize.markdown2html"}
