extension HelpTopic {
  static let expectations = HelpTopic(
    name: "expectations", summary: "What responses are expected to be: --expect and --until",
    blocks: [
      .paragraph(
        "`nb api get URL --expect EXPECTATION` checks the response, for CI and health checks. All "
          + "expectations are checked, and those that are not met are listed on stderr with what was "
          + "there; the exit status is then 1. The content goes to stdout as always."),
      .definitions([
        ("status==200 status=2xx", "The status; several: `status in 200,204`; `status<400`."),
        ("$.a.b==1", "A value of the JSON content, by a path of `nb help select`."),
        ("$.a", "There is one, and it is not null; `!$.a`: there is none."),
        ("header.NAME~^text/", "A header field; `header.NAME`: there is one; `!header.NAME`."),
        ("time<500ms", "Until the whole response was there; with its unit."),
        ("size<=1M", "Bytes of the content, decoded."),
        ("body contains ok", "The content as text; `body`: there is some."),
      ]),
      .paragraph(
        "Comparisons are `==` (or `=`), `!=`, `<`, `<=`, `>`, `>=`, `~` and `!~` (an extended regular "
          + "expression of POSIX, found anywhere unless anchored), `contains` (a part of a text, an "
          + "element of an array, a member of an object) and `in 1,2` or `in [\"a\",\"b\"]`. What is "
          + "compared with is JSON or a bare word; numbers are compared by value, exactly, texts by code "
          + "points. Of a path that leads to several values each must be as expected, and there must be "
          + "one; for `contains` one of them is enough."),
      .paragraph(
        "Once an expectation speaks of the status, a status of 400 or more is no error by itself. "
          + "`--junit FILE` writes the outcome as JUnit XML, a test case an expectation."),
      .code([
        "nb api get https://example.com/health --expect status=2xx --expect '$.db==up' \\",
        "  --expect 'time<500ms' --junit health.xml",
        "nb api get @ci /builds/7 --until '$.state in done,failed' --every 5s --timeout 10m",
      ]),
      .heading("Waiting"),
      .paragraph(
        "`--until EXPECTATION` sends the request again every 2 s (`--every`) until all its "
          + "expectations are met; only the last response is printed. A server that cannot be reached, "
          + "a connection that breaks and a status of 400 or more that no expectation speaks of count as "
          + "not yet, apart from 401, 403 and 407. A change of what is there is noted on stderr. After "
          + "`--timeout`, 5 minutes unless it is given, the exit status is 124 with what was there last."
      ),
      .paragraph(
        "Content that is looked at is held in memory; more than 64 MiB of it are refused."),
    ])
}
