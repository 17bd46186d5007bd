extension HelpTopic {
  static let parameters = HelpTopic(
    name: "parameters", summary: "How values are bound to a statement's placeholders",
    blocks: [
      .paragraph(
        "Values are never pasted into SQL: the database binds them. A statement names placeholders "
          + "`:name`, `@name` or `$name`, or counts them as `?`, `?1` or `$1`, and `-p` gives the "
          + "values:"),
      .code([
        "nb db query app.db 'select * from users where age > :a' -p a:int=30",
        "nb db query app.db 'select ? || ?' -p 1=first -p 2=second",
        "nb db exec app.db 'insert into files values (:n, :b)' -p n=logo -p b:bytes=@logo.png",
      ]),
      .paragraph(
        "`-p NAME=VALUE` binds text; a type between name and value says otherwise. When no name is "
          + "a number, counted placeholders take the values in the order given."),
      .definitions([
        ("NAME=VALUE", "Text. SQLite compares it with a number column as a number."),
        ("NAME:int=5", "A 64-bit integer."),
        ("NAME:double=0.5", "A floating-point number."),
        ("NAME:decimal=0.10", "An exact number, where the database has them."),
        ("NAME:bool=true", "A boolean: true or false, yes or no, on or off, 1 or 0."),
        ("NAME:json={...}", "A JSON document, checked before it is sent; `=@FILE` reads a file."),
        ("NAME:bytes=@FILE", "The bytes of a file."),
        ("NAME:null", "NULL."),
      ]),
      .paragraph(
        "A parameter that is missing or unused is an error of usage (status 2); a value that does "
          + "not fit its type is one of data (status 65). Bound values never show in messages."),
      .paragraph(
        "`--each FILE` runs the statement once per record of a CSV, TSV or NDJSON file and binds "
          + "the record's fields by name."),
    ])
}
