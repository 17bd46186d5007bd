import CFuzzer
import Glibc

// Usage: Fuzzer TARGET [LIBFUZZER-FLAG...] [CORPUS...]; without arguments the targets are listed.

/// What libFuzzer calls for each input; its library wants the function under this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  FuzzTarget.chosen(UnsafeBufferPointer(start: data, count: size))
  return 0
}

guard CommandLine.argc > 1 else {
  for name in FuzzTarget.all.keys.sorted() { print(name) }
  exit(0)
}
guard let chosen = FuzzTarget.all[CommandLine.arguments[1]] else {
  fatalError("no fuzz target '\(CommandLine.arguments[1])'")
}
FuzzTarget.chosen = chosen

// libFuzzer sees argv without the target's name.
var count = CommandLine.argc - 1
var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
values?[0] = CommandLine.unsafeArgv[0]
exit(LLVMFuzzerRunDriver(&count, &values, testOneInput))
