extension HelpTopic {
  static let environment = HelpTopic(name: "environment", summary: "x", blocks: [])
}
