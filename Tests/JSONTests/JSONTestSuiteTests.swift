import Foundation
import JSON
import TestSupport
import Testing

/// github.com/nst/JSONTestSuite: `y_` must parse, `n_` must be refused, `i_` must not crash.
private let suite = Conformance.directory("JSONTestSuite/test_parsing")

// Skipped, and reported as skipped, where the suite does not stand beside the repository.
@Suite(.enabled(if: suite != nil, "JSONTestSuite is not there; set NB_CONFORMANCE"))
struct JSONTestSuiteTests {
  @Test(arguments: Conformance.fileNames(suite))
  func judgesAsTheSuiteDoes(_ name: String) throws {
    let directory = try #require(suite)
    let bytes = [UInt8](try Data(contentsOf: directory.appendingPathComponent(name)))
    let parses = (try? JSONParser.parse(bytes)) != nil
    let isValid = bytes.withUnsafeBufferPointer { JSONParser.isValid($0) }
    #expect(parses == isValid, "parser and validator disagree")
    if name.hasPrefix("y_") { #expect(parses) }
    if name.hasPrefix("n_") { #expect(!parses) }
  }

  @Test func isTheWholeSuite() { #expect(Conformance.fileNames(suite).count >= 300) }
}
