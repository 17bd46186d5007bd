import AdapterCore
import CLI
import Commands
import Testing

/// The keys of the configuration and the flags that come before them agree.
@Suite struct ConfigKeyTests {
  @Test(arguments: ConfigKey.all)
  func aKeyIsTheDefaultOfItsFlag(_ key: ConfigKey) throws {
    let flags = CommandTable.catalog.entries.flatMap(\.spec.flags) + GlobalFlags.all
    let flag = try #require(flags.first { $0.name == key.flag })
    #expect(flag.environment == key.environment)
    if case .choice(let choices) = key.kind {
      #expect(flag.choices.map(\.value) == choices)
    } else {
      #expect(flag.choices.isEmpty)
    }
    if let text = key.defaultValue { #expect(flag.defaultText == text) }
  }

  @Test func everyVariableOfAFlagIsThatOfAKey() {
    let flags = CommandTable.catalog.entries.flatMap(\.spec.flags) + GlobalFlags.all
    let known = Set(ConfigKey.all.compactMap(\.environment))
    for case let variable? in flags.map(\.environment) where variable != "NB_CONFIG" {
      #expect(known.contains(variable), "\(variable)")
    }
  }

  @Test func namesAndVariablesAreUniqueAndVariablesFollowFromNames() {
    #expect(Set(ConfigKey.all.map(\.name)).count == ConfigKey.all.count)
    let variables = ConfigKey.all.compactMap(\.environment)
    #expect(Set(variables).count == variables.count)
    for key in ConfigKey.all where key.name != "progress.when" {
      let expected = "NB_" + String(key.name.uppercased().map { $0 == "." ? "_" : $0 })
      #expect(key.environment == nil || key.environment == expected)
    }
  }
}
