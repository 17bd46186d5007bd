import Platform
import Testing

@Suite struct OutputBufferTests {
  @Test(arguments: [0, 7, -1, 10, 1_234_567_890, Int64.max, Int64.min])
  func writesIntegers(_ value: Int64) {
    let output = OutputBuffer.inMemory()
    output.append(value)
    #expect(output.takeString() == String(value))
  }

  @Test func growsPastItsCapacity() {
    let output = OutputBuffer.inMemory()
    let long = String(repeating: "x", count: 5000)
    output.append("a")
    output.append(long)
    #expect(output.takeString() == "a" + long)
  }
}
