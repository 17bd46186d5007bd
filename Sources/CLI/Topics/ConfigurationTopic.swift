extension HelpTopic {
  static let configuration = HelpTopic(name: "configuration", summary: "x", blocks: [])
}
