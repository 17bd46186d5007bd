extension HelpTopic {
  static let formats = HelpTopic(name: "formats", summary: "x", blocks: [])
}
