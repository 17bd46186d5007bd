extension HelpTopic {
  static let select = HelpTopic(
    name: "select", summary: "Paths into JSON: --select and what else looks into it",
    blocks: [
      .paragraph(
        "`nb api get URL --select PATH` prints what a path leads to in a JSON response as records. "
          + "`$`, the document, may stand in front of a path, and the first name needs no dot."),
      .definitions([
        ("$ or .", "The document itself."),
        (
          ".name", "The member of an object: letters, digits, `_`, `-`, `@`; null if it is missing."
        ),
        (
          "[\"odd key\"]",
          "A member whose name has other characters, as a JSON string or in single quotes."
        ),
        ("[0] [-1]", "An element of an array, from 0, or from the end; null beyond it."),
        ("[] [1:3] [-5:]", "Each element, or each of a part; the end is not in it."),
        (".*", "The value of each member of an object."),
        (
          "[?state==open]",
          "Each element that meets a condition, or several with `&&` between: `==` `!=` `<` `<=` "
            + "`>` `>=`, `~` and `!~` (an extended regular expression), `contains`, `in 1,2`; a path "
            + "alone: there is a value and it is not null; `!` in front: there is none. A value that "
            + "holds spaces or brackets stands in quotes."
        ),
        (
          "{id, who: user.login}",
          "At the end: a record of these fields. Each is a path, which names it too unless a name "
            + "stands in front. Of a path that leads to many values the field is an array."
        ),
        ("length(items)", "Elements, members or characters; of a path to many values, how many."),
        ("keys(hosts)", "The names of an object's members."),
      ]),
      .code([
        "nb api get @gh /repos/x/y/issues --select '[].{number, title, by: user.login}' -o csv",
        "nb api get @gh /repos/x/y/issues --select '[?comments>10].title'",
        "nb api get @k8s /api/v1/pods --select '.items[].{n: metadata.name, p: status.phase}'",
        "nb api get @es /_cat/indices format==json --select 'length($)'",
      ]),
      .heading("Records"),
      .paragraph(
        "Each value that the path leads to is a record; an array that it names stands for its "
          + "elements, so that `.items` and `.items[]` are the same at the end. `{…}` names the columns. "
          + "Without it the columns are the members of the objects among the first 1,000 records; a "
          + "member that turns up later is an error, as it has no column. What is no object has one "
          + "column, `value`. In `-o json` and `-o ndjson` each value stands as it is, of any shape."
      ),
      .paragraph(
        "Numbers keep all their digits. Documents one behind the other, as in NDJSON, are selected "
          + "from one by one, as they come. `-o` without --select prints the whole document as "
          + "records."),
      .paragraph(
        "Elements are read one at a time: `.items[]` of a response of any size takes the memory of its "
          + "largest item. What must be held at once, such as all that `[-1]` counts, may have 64 "
          + "MiB."),
      .heading("Errors"),
      .paragraph(
        "A malformed path is exit status 2. A path that meets another kind of value than it needs, such "
          + "as `.name` of an array, is 65 and says where; so is content that is no JSON. A missing "
          + "member is null, and null has no members and no elements; when nothing at all was found, "
          + "a note says what is missing. The content of an error status is printed as it is."),
    ])
}
