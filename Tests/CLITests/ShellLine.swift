/// Splits a shell line of an example into words, as far as examples go: quotes, pipes, `&&`, `$(…)`.
enum ShellLine {
  /// The words after `program` for each call of it in the line.
  static func calls(of program: String, in line: String) -> [[String]] {
    var calls: [[String]] = []
    for command in commands(in: line) where command.first == program {
      calls.append(Array(command.dropFirst()))
    }
    return calls
  }

  private static func commands(in line: String) -> [[String]] {
    var commands: [[String]] = [[]]
    var word = ""
    var hasWord = false
    var quote: Character?
    func endsCommand(_ character: Character) -> Bool { "|&;()".contains(character) }
    func endWord() {
      if hasWord { commands[commands.count - 1].append(word) }
      word = ""
      hasWord = false
    }
    var skipsRedirection = false
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        hasWord = true
      } else if endsCommand(character) {
        endWord()
        commands.append([])
      } else if character == "<" || character == ">" {
        endWord()
        skipsRedirection = true
      } else if character == " " {
        if skipsRedirection, hasWord {
          word = ""
          hasWord = false
          skipsRedirection = false
        }
        endWord()
      } else {
        word.append(character)
        hasWord = true
      }
    }
    if !skipsRedirection { endWord() }
    return commands
  }
}
