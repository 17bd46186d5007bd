extension HelpTopic {
  static let configuration = HelpTopic(
    name: "configuration", summary: "Files, profiles and which setting wins",
    blocks: [
      .paragraph("The first of these that has a setting decides:"),
      .definitions([
        ("1. a flag", "`-o json`"),
        ("2. a variable", "`NB_OUTPUT=json`"),
        (
          "3. nb.toml",
          "The project's file, in the working directory or the nearest folder above it, up to the "
            + "repository's root."
        ),
        (
          "4. config.toml",
          "The user's file, `$XDG_CONFIG_HOME/nb/config.toml`, by default in `~/.config`. "
            + "`--config FILE` or NB_CONFIG name another."
        ),
        ("5. the default", ""),
      ]),
      .paragraph(
        "`nb config explain KEY` names the winner; `nb config path` shows the files; `nb config "
          + "list` shows all keys with their values."),
      .heading("Files"),
      .paragraph(
        "Files are TOML. A file that is wrong is an error with file, line and key (status 78)."),
      .code([
        "output = \"json\"",
        "timeout = \"30s\"",
        "",
        "[profile.app]",
        "path = \"data/app.db\"",
        "busy_timeout = \"10s\"",
        "",
        "[profile.report]",
        "url = \"sqlite:/srv/report.db?immutable=1\"",
      ]),
      .heading("Profiles"),
      .paragraph(
        "A profile has a url or a path, and settings of its backend; `@app` stands for it wherever "
          + "a target is asked for. A relative path starts from the file's folder. Settings of the "
          + "profile come before the same ones in its url."),
      .paragraph(
        "A project's file may come from somebody else. So it may not run commands: "
          + "password_command and `cmd:` count only in the user's own file."),
    ])
}
