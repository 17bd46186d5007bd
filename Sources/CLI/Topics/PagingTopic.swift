extension HelpTopic {
  static let paging = HelpTopic(
    name: "paging", summary: "All pages of an API as one list: --paginate",
    blocks: [
      .paragraph(
        "`nb api get URL --paginate` follows an API from page to page and prints the records of all: "
          + "those of --select, otherwise the elements of each page's array, as NDJSON unless -o says "
          + "otherwise. How the next page is found:"),
      .definitions([
        (
          "--paginate", "The profile's `paginate`; without one by the header field Link (rel=next)."
        ),
        ("--paginate=next:PATH", "A URL in the content, absolute or relative."),
        (
          "--paginate=cursor:PATH",
          "A value in the content that becomes the parameter `cursor`; `cursor:NAME=PATH` names "
            + "another one."
        ),
        (
          "--paginate=body:FIELD=PATH",
          "A text, a number or an object in the content that goes into the request's JSON content: `cursor`, "
            + "`variables[after]`."
        ),
        (
          "--paginate=page[:NAME]",
          "The parameter `page`, counted up from what the URL says, otherwise 1, until a page is "
            + "empty."
        ),
        (
          "--paginate=offset[:NAME]",
          "The parameter `offset`, which grows by the records of each page, until one is empty."
        ),
      ]),
      .code([
        "nb api get @gh /repos/x/y/issues per_page==100 --paginate --select '[].{number, title}'",
        "nb api get @stripe /v1/charges limit==100 --select .data \\",
        "  '--paginate=cursor:starting_after=.data[-1].id'",
        "nb api get @slack /conversations.list --select .channels \\",
        "  --paginate=cursor:.response_metadata.next_cursor",
        "nb api get @jira /search maxResults==100 --select .issues --paginate=offset:startAt",
        "nb api post @notion /v1/databases/ID/query --select .results \\",
        "  --paginate=body:start_cursor=.next_cursor",
        "nb api post @gh /graphql query=@query.graphql --select .data.viewer.issues.nodes \\",
        "  '--paginate=body:variables[after]=.data.viewer.issues.pageInfo.endCursor'",
        "nb api get @odata /Orders --select .value '--paginate=next:[\"@odata.nextLink\"]'",
      ]),
      .paragraph(
        "PATH is one of `nb help select` that leads to one value; a missing, empty or null one is the "
          + "end. A profile's `paginate = \"cursor:.next\"` spares the typing."),
      .paragraph(
        "Records are printed while pages arrive, in constant memory. A page that breaks off is asked for "
          + "again, and 429 and 503 are waited for as Retry-After says, for an hour at most. What cannot "
          + "be read ends with its own status and says how far it came; what was printed stays. "
          + "`--max-pages` stops earlier and says so on stderr. Pages that go in circles are an error, 76."
      ),
      .paragraph(
        "To another origin than the first page's no credentials go along."),
    ])
}
