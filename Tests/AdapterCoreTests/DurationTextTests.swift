import AdapterCore
import Testing

@Suite struct DurationTextTests {
  @Test(arguments: [
    (Duration.seconds(30), "30 s"), (.milliseconds(250), "0.25 s"), (.zero, "0 s"),
    (.seconds(3600), "3600 s"),
  ])
  func secondsHaveNoNeedlessDecimals(_ duration: Duration, _ text: String) {
    #expect(duration.secondsText == text)
  }
}
