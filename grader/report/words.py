"""Words for verdicts, reasons and isolation, for a student and for an instructor."""

from __future__ import annotations

from grader.results import Isolation, Reason, Verdict

VERDICTS = {
    Verdict.PASSED: "passed",
    Verdict.PARTIAL: "partly passed",
    Verdict.FAILED: "failed",
    Verdict.NOT_RUN: "not run",
    Verdict.MANUAL: "graded by a person",
}

REASONS = {
    Reason.ASSERTION: "The result was not the expected one.",
    Reason.EXCEPTION: "The code raised an error while it was tested.",
    Reason.TIMEOUT: "The time limit was reached.",
    Reason.MEMORY: "The memory limit was reached.",
    Reason.DISK: "More was written to disk than is allowed.",
    Reason.OUTPUT: "More was printed than is allowed.",
    Reason.PROCESS_LIMIT: "More processes were started than are allowed.",
    Reason.CANDIDATE_LOST: "The notebook's kernel had ended before this test could run.",
    Reason.NOT_PLAIN: "The result was of a type that the test cannot take.",
    Reason.NOT_RUN: "This test was not run.",
    Reason.INTERNAL: "The grader itself failed here; please tell your instructor.",
}

ISOLATION = {
    Isolation.EXAMINER: (
        "Tests ran in a kernel of their own and reached student code through a closed channel.",
        (
            "Student code sees the inputs that a hidden test calls it with, and the helpers that a "
            "test runs beside it; their text stays in the submission's own processes.",
            "Work of another person, or made to fit a seed that became known: set the course's "
            "secret, and look at flags and at surprising scores.",
        ),
    ),
    Isolation.KERNEL: (
        "Student code and tests ran in one kernel.",
        (
            "Student code can read the hidden tests while they run, and can send them out through "
            "its output, its files or the network.",
            "Student code can change what the tests mean: replace assert, the functions a test "
            "calls or the kernel itself, and so get points for nothing.",
            "Look at the flags and at the notebooks of surprising scores before marks count.",
        ),
    ),
}

PARTS = {
    "files": "student code sees only the Python environment and its own working folder",
    "network": "student code reaches no network",
    "processes": "what student code starts is counted, and ends with its kernel",
    "ipc": "student code shares no memory, signals or sockets with other processes",
    "memory": "memory of all its processes together is limited",
    "disk": "what it writes is limited",
    "output": "what it prints is limited",
    "time": "each cell and each submission has a time limit",
    "examiner": "tests run in another kernel than student code",
}
