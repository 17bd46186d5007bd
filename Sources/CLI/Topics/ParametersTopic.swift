extension HelpTopic {
  static let parameters = HelpTopic(name: "parameters", summary: "x", blocks: [])
}
