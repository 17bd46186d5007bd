extension HelpTopic {
  static let targets = HelpTopic(name: "targets", summary: "x", blocks: [])
}
