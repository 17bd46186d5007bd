import AdapterCore
import Formats
import Foundation
import JSON
import TestSupport
import Testing

/// github.com/max-mapper/csv-spectrum: each csvs/NAME.csv reads as json/NAME.json.
private let suite = Conformance.directory("csv-spectrum")

// Skipped, and reported as skipped, where the suite does not stand beside the repository.
@Suite(.enabled(if: suite != nil, "csv-spectrum is not there; set NB_CONFORMANCE"))
struct CSVSpectrumTests {
  @Test(arguments: Conformance.fileNames(suite?.appendingPathComponent("csvs")))
  func readsAsTheSuiteDoes(_ name: String) throws {
    let directory = try #require(suite)
    let csv = try Data(contentsOf: directory.appendingPathComponent("csvs/\(name)"))
    let expectedName = name.replacingOccurrences(of: ".csv", with: ".json")
    let expected = try JSONParser.parse(
      [UInt8](try Data(contentsOf: directory.appendingPathComponent("json/\(expectedName)"))))
    let read = try readAll(.csv, [UInt8](csv))
    let rows = read.rows.map { row in
      JSONValue.object(
        JSONObject(zip(read.columns, row).map { .init(key: $0.name, value: text(of: $1)) }))
    }
    guard name != "location_coordinates.csv" else {
      // As published, its JSON is no array and has another telephone number.
      let places = rows.map { $0["Location Coordinates"] }
      #expect(places == [expected["Location Coordinates"]])
      return
    }
    #expect(JSONValue.array(rows) == expected)
  }

  private func text(of value: Value) -> JSONValue {
    if case .text(let text) = value { .string(text) } else { .string("") }
  }

  @Test func isTheWholeSuite() {
    #expect(Conformance.fileNames(suite?.appendingPathComponent("csvs")).count >= 12)
  }
}
