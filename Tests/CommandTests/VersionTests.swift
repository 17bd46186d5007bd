import TestSupport
import Testing

@Suite struct VersionTests {
  @Test func versionIsOneLineOnStdout() throws {
    let result = try NB.run(["--version"])
    #expect(result.status == 0)
    #expect(result.output == "nb 0.1.0\n")
    #expect(result.errors == "")
  }
}
