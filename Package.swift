// swift-tools-version: 6.0
import PackageDescription

// Every Swift target: Swift 6 language mode (the tools version's default), warnings are errors.
let swift: [SwiftSetting] = [
  .unsafeFlags(["-warnings-as-errors"]),
  // Checks of exclusive access at run time took half of the time of rendering rows. Debug builds,
  // which the tests run, keep them.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  // The linker drops what nothing calls.
  .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
]

/// What every file imports unasked; Platform/SubstringSearch.swift says why not here.
let sources: [SwiftSetting] =
  swift + [
    .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])
  ]

/// For modules that run once per command: half of their size is worth more than their speed.
let small: [SwiftSetting] = sources + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// A library of Swift code under Sources/.
func module(
  _ name: String, path: String? = nil, _ dependencies: [Target.Dependency],
  _ settings: [SwiftSetting] = sources
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path ?? "Sources/\(name)",
    swiftSettings: settings)
}

/// A C target under Sources/Clients: the only C in the project, one per library.
func client(
  _ name: String, _ dependencies: [Target.Dependency] = [], cxx: [CXXSetting] = [],
  link: [LinkerSetting] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Clients/\(name)", cxxSettings: cxx,
    linkerSettings: link)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: swift)
}

// How the release executable is linked; ARCHITECTURE.md, "Start-up", gives the measurements.
let releaseLink: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-static-stdlib", "-use-ld=lld",
      // Clients/Linking/libstdc++.so is a linker script that picks libstdc++.a.
      "-L", "Sources/Clients/Linking", "-Xclang-linker", "-static-libgcc",
      // A fixed load address spares 8,000 relocations at every start.
      "-Xclang-linker", "-no-pie",
      "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all", "-Xlinker", "--strip-all",
      "-Xlinker", "--no-export-dynamic",
      "-Xlinker", "-T", "-Xlinker", "Sources/Clients/Linking/no-unwind-tables.ld",
      // Clients/CSwiftRuntime defines what stands in for it.
      "-Xlinker", "--wrap=_swift_stdlib_getScalarName",
    ], .when(configuration: .release))
]

let package = Package(
  name: "nb",
  products: [.executable(name: "nb", targets: ["nb"])],
  targets: [
    // The C libraries.
    client("CPosix"),
    client("CSwiftRuntime"),
    client("CClientLoader"),
    client("CZlib", ["CClientLoader"]),
    client("CPostgreSQL", ["CClientLoader"]),
    client("CToml", cxx: [.unsafeFlags(["-fno-exceptions", "-fno-rtti", "-Os"])]),
    client("CMariaDB", ["CClientLoader"]),
    client("CCurl", ["CClientLoader"]),
    client("CPublicSuffix", ["CClientLoader"]),
    client("COpenSSL", ["CClientLoader"]),
    client("CHiredis", ["CClientLoader"]),
    client("CRabbitMQ", ["CClientLoader"]),
    client("CSQLite", link: [.unsafeFlags(["-Xlinker", "-l:libsqlite3.a"])]),

    // From the bottom up; a module imports only what stands above its own line.
    module("Platform", ["CPosix"]),
    module("JSON", ["Platform"]),
    module("AdapterCore", ["CClientLoader", "CToml", "JSON", "Platform"], small),
    module("Compression", ["AdapterCore", "CZlib", "Platform"]),
    module(
      "SQLite", path: "Sources/Adapters/SQLite", ["AdapterCore", "CSQLite", "JSON", "Platform"]),
    module(
      "MySQL", path: "Sources/Adapters/MySQL", ["AdapterCore", "CMariaDB", "JSON", "Platform"],
      small),
    module(
      "PostgreSQL", path: "Sources/Adapters/PostgreSQL",
      ["AdapterCore", "CPostgreSQL", "JSON", "Platform"], small),
    module(
      "SQLiteQueue", path: "Sources/Adapters/SQLiteQueue",
      ["AdapterCore", "JSON", "Platform", "SQLite"], small),
    module("Transport", ["AdapterCore", "COpenSSL", "Platform"], small),
    module(
      "RedisQueue", path: "Sources/Adapters/RedisQueue",
      ["AdapterCore", "CHiredis", "Platform", "Transport"], small),
    module(
      "RabbitMQ", path: "Sources/Adapters/RabbitMQ",
      ["AdapterCore", "CRabbitMQ", "JSON", "Platform"], small),
    module(
      "HTTP", path: "Sources/Adapters/HTTP",
      ["AdapterCore", "CCurl", "CPublicSuffix", "Platform"]),
    module(
      "AdapterRegistry",
      [
        "AdapterCore", "Compression", "HTTP", "MySQL", "PostgreSQL", "RabbitMQ", "RedisQueue",
        "SQLite", "SQLiteQueue", "Transport",
      ]),
    module("HTTPCache", ["AdapterCore", "JSON", "Platform"], small),
    module("Queues", ["AdapterCore", "JSON", "Platform"], small),
    module("APIClient", ["AdapterCore", "JSON", "Platform"], small),
    module("Formats", ["AdapterCore", "JSON", "Platform"]),
    module("Terminal", ["AdapterCore", "Platform"], small),
    module("Migrations", ["AdapterCore", "Platform"], small),
    module("CLI", ["AdapterCore", "JSON", "Platform"], small),
    module(
      "Commands",
      [
        "APIClient", "AdapterCore", "AdapterRegistry", "CLI", "Compression", "Formats",
        "HTTPCache", "JSON", "Migrations", "Platform", "Queues", "Terminal",
      ], small),
    .executableTarget(
      name: "nb", dependencies: ["Commands", "CSwiftRuntime"], swiftSettings: sources,
      linkerSettings: releaseLink),

    // What tests share: running nb, a pseudo-terminal, temporary folders.
    .target(name: "CTestSupport", path: "Tests/CTestSupport"),
    .target(
      name: "TestSupport", dependencies: ["CTestSupport"], path: "Tests/TestSupport",
      swiftSettings: swift),
    tests("PlatformTests", ["Platform", "TestSupport"]),
    tests("ServersTests", ["TestSupport"]),
    tests("JSONTests", ["JSON", "Platform", "TestSupport"]),
    tests("AdapterCoreTests", ["AdapterCore", "CSQLite", "Platform", "TestSupport"]),
    tests("CompressionTests", ["AdapterCore", "Compression", "Platform", "TestSupport"]),
    tests("HTTPCacheTests", ["AdapterCore", "HTTPCache", "Platform", "TestSupport"]),
    tests("APIClientTests", ["APIClient", "AdapterCore", "JSON", "Platform"]),
    tests("FormatsTests", ["AdapterCore", "Formats", "JSON", "Platform", "TestSupport"]),
    .executableTarget(
      name: "nb-terminal-probe", dependencies: ["AdapterCore", "Platform", "Terminal"],
      path: "Tests/TerminalProbe", swiftSettings: swift),
    tests("TerminalTests", ["Terminal", "Platform", "TestSupport", "nb-terminal-probe"]),
    tests("MigrationsTests", ["AdapterCore", "Migrations", "SQLite", "TestSupport"]),
    tests("CLITests", ["CLI", "AdapterCore", "AdapterRegistry", "Commands", "TestSupport"]),
    tests(
      "ContractTests",
      ["AdapterCore", "AdapterRegistry", "CSQLite", "JSON", "SQLite", "Platform", "TestSupport"]),
    tests("TransportTests", ["AdapterCore", "Platform", "TestSupport", "Transport"]),
    tests("RedisQueueTests", ["AdapterCore", "RedisQueue", "Transport"]),
    tests("CommandTests", ["TestSupport", "JSON", "nb"]),
  ],
  cxxLanguageStandard: .cxx17
)

// `make fuzz` sets NB_FUZZ: every module is instrumented and the fuzzer is built beside them.
if Context.environment["NB_FUZZ"] != nil {
  let sanitizers = ["-sanitize=fuzzer,address"]
  for target in package.targets where target.type == .regular {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(sanitizers)]
  }
  package.targets += [
    .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "Fuzzer",
      dependencies: [
        "APIClient", "AdapterCore", "CFuzzer", "CLI", "Commands", "Formats", "HTTP", "HTTPCache",
        "JSON", "Migrations", "Platform",
      ],
      path: "Tests/Fuzz/Fuzzer",
      swiftSettings: swift + [.unsafeFlags(sanitizers)],
      linkerSettings: [.unsafeFlags(sanitizers + ["-use-ld=lld"])]),
  ]
}
