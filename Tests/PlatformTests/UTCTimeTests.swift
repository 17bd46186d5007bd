import Foundation
import Platform
import Testing

@Suite struct UTCTimeTests {
  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
    (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
    (1_706_745_599, "2024-01-31T23:59:59Z"), (-1, "1969-12-31T23:59:59Z"),
    (-2_208_988_800, "1900-01-01T00:00:00Z"),
  ])
  func knownTimes(seconds: Int64, text: String) {
    #expect(UTCTime(secondsSince1970: seconds).iso8601 == text)
  }

  @Test func everyDayOfFourCenturiesAgreesWithFoundation() {
    let formatter = ISO8601DateFormatter()
    for day in stride(from: -70_000, to: 80_000, by: 37) {
      let seconds = day * 86_400 + 12_345
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
      #expect(UTCTime(secondsSince1970: Int64(seconds)).iso8601 == expected)
    }
  }

  @Test func compactFormSortsAsText() {
    #expect(UTCTime(secondsSince1970: 1_706_745_599).compact == "20240131235959")
  }
}
