internal import ProtobufC
internal import Testing

@Suite struct SerializationTests {
  struct Refused: Error, Equatable {}

  @Test func callerGetsTheExactSizeAndItsOwnBufferBack() {
    let (announced, written) = Leaf("abc").serialize { byteCount, fill in
      (
        byteCount,
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
          var output = OutputRawSpan(buffer: UnsafeMutableRawBufferPointer(buffer), initializedCount: 0)
          fill(&output)
          count = output.finalize(for: UnsafeMutableRawBufferPointer(buffer))
        }
      )
    }
    #expect(announced == 5)
    #expect(written == Wire.string(1, "abc"))
  }

  @Test func messageIsAppendedToWhatTheBufferHas() {
    let bytes = [UInt8](unsafeUninitializedCapacity: 11) { buffer, count in
      var output = OutputRawSpan(buffer: UnsafeMutableRawBufferPointer(buffer), initializedCount: 0)
      output.append(0xEE as UInt8)
      Leaf("abc").serialize { _, fill in
        fill(&output)
        fill(&output)
      }
      count = output.finalize(for: UnsafeMutableRawBufferPointer(buffer))
    }
    #expect(bytes == [0xEE] + Wire.string(1, "abc") + Wire.string(1, "abc"))
  }

  @Test func errorOfTheCallerComesThrough() {
    #expect(throws: Refused()) {
      try Leaf("abc").serialize { (_, _) throws(Refused) -> Int in throw Refused() }
    }
  }

  /// For ThreadSanitizer: all empty arrays share storage, to which some of an array's initializers write.
  @Test func emptyContentIsOfNoInterestToOtherThreads() async throws {
    try await withThrowingTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<100 {
            let encoded = Leaf("").serializedBytes()
            let blobs = try Everything(serializedBytes: Wire.bytes(22, []) + Wire.bytes(22, [7])).blobs
            let counts = ([encoded] + blobs).map { $0.span.count }
            #expect(counts == [0, 0, 1])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
