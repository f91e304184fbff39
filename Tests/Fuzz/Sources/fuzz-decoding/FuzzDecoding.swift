import CFuzzer

/// Feeds libFuzzer's bytes to the decoder; `-help=1` lists its options.
@main
enum FuzzDecoding {
  static func main() {
    var argumentCount = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    _ = LLVMFuzzerRunDriver(&argumentCount, &arguments) { data, byteCount in
      // The copy ends where the bytes do, so that AddressSanitizer sees whoever reads beyond them.
      let bytes = [UInt8](UnsafeBufferPointer(start: data, count: byteCount))
      DecodingProperty<Test_Everything> { $0.floatValue.isNaN || $0.doubleValue.isNaN }.check(bytes)
      DecodingProperty<Test_Node> { _ in false }.check(bytes)
      return 0
    }
  }
}
