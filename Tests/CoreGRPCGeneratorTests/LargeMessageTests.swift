import ProtobufC
import Testing

/// Messages that keep their fields in shared storage behave as the others do: all tests run on one of each.
@Suite("Large messages", .timeLimit(.minutes(1))) struct LargeMessageTests {
  private static let sizes: [any SizedMessage.Type] = [Sizes_Small.self, Sizes_Large.self]
  private static let legacySizes: [any LegacySizedMessage.Type] = [LegacySizes_Small.self, LegacySizes_Large.self]

  @Test("The value of a large message is one pointer, and a small one has its fields inside")
  func byteCount() {
    #expect(MemoryLayout<Sizes_Large>.size == MemoryLayout<UnsafeRawPointer>.size)
    #expect(MemoryLayout<Sizes_Large?>.size == MemoryLayout<UnsafeRawPointer>.size)
    #expect(MemoryLayout<LegacySizes_Large>.size == MemoryLayout<UnsafeRawPointer>.size)
    #expect((100...256).contains(MemoryLayout<Sizes_Small>.size))
    #expect((50...256).contains(MemoryLayout<LegacySizes_Small>.size))
  }

  @Test("A copy of a large message is the same object until one of the two changes")
  func sharing() {
    func object(_ message: Sizes_Large) -> UInt { unsafeBitCast(message, to: UInt.self) }
    let original = Sizes_Large.full
    var copy = original
    #expect(object(copy) == object(original))
    copy.number += 1
    let changed = object(copy)
    #expect(changed != object(original))
    copy.number += 1
    copy.next?.number += 1
    #expect(object(copy) == changed)
    #expect(object(Sizes_Large()) == object(Sizes_Large()))
  }

  @Test("A repeated field grows in place", arguments: sizes)
  func growingInPlace(_ type: any SizedMessage.Type) {
    func check<Value: SizedMessage>(_ type: Value.Type) {
      var message = Value()
      message.list.reserveCapacity(10)
      let capacity = message.list.capacity
      func address() -> UnsafePointer<String>? { message.list.withUnsafeBufferPointer { $0.baseAddress } }
      let before = address()
      for _ in 0..<capacity {
        message.list.append("x")
        #expect(address() == before)
      }
    }
    check(type)
  }

  @Test("A new message has its defaults, also after others were changed", arguments: sizes)
  func defaults(_ type: any SizedMessage.Type) {
    func check<Value: SizedMessage>(_ type: Value.Type) {
      #expect(Value.full != Value())
      let message = Value()
      #expect(message.number == 0)
      #expect(message.maybe == nil)
      #expect(message.text == "")
      #expect(message.data == [])
      #expect(message.shade == .none_)
      #expect(message.ratio == 0)
      #expect(message.part == nil)
      #expect(message.list == [])
      #expect(message.parts == [:])
      #expect(message.choice == nil)
      #expect(message.next == nil)
      #expect(message.unknownFields.isEmpty)
      #expect(message.serializedBytes() == [])
      #expect(message.debugDescription == "")
    }
    check(type)
  }

  @Test("A change of a copy does not reach the original", arguments: sizes)
  func copies(_ type: any SizedMessage.Type) {
    func check<Value: SizedMessage>(_ type: Value.Type) {
      for change in Value.changes {
        let original = Value()
        var copy = original
        change(&copy)
        #expect(original == Value())
        let changed = copy
        change(&copy)
        copy.number += 1
        #expect(changed != copy)
        copy = changed
        copy.next = changed
        copy.next?.text = "deep"
        #expect(copy.next?.text == "deep")
        #expect(changed.next?.text != "deep")
      }
    }
    check(type)
  }

  @Test("Each field counts for equality and the hash", arguments: sizes)
  func equality(_ type: any SizedMessage.Type) {
    func check<Value: SizedMessage>(_ type: Value.Type) {
      for change in Value.changes.enumerated() where change.offset != 5 {
        var one = Value()
        var other = Value()
        change.element(&one)
        #expect(one != other)
        change.element(&other)
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
      }
      #expect(Set(Value.changes.map { Value.with($0) }).count == Value.changes.count)
      var zero = Value()
      zero.ratio = -0.0
      #expect(zero == Value())
      // Not equal to anything, itself included.
      var odd = Value()
      odd.ratio = .nan
      let same = odd
      #expect(odd != same)
    }
    check(type)
  }

  @Test("A message and its copy hash like a message with the fields in the value")
  func hashes() {
    #expect(Sizes_Small().hashValue != Sizes_Small.full.hashValue)
    #expect(Sizes_Large().hashValue != Sizes_Large.full.hashValue)
    let full = Sizes_Large.full
    #expect([full: 1][Sizes_Large.full] == 1)
  }

  @Test("Both are the same on the wire and in text")
  func wireAndText() throws {
    for (small, large) in zip(Sizes_Small.changes, Sizes_Large.changes) {
      let small = Sizes_Small.with(small)
      let large = Sizes_Large.with(large)
      #expect(small.serializedBytes() == large.serializedBytes())
      #expect(small.debugDescription == large.debugDescription)
    }
    let bytes = Sizes_Small.full.serializedBytes()
    #expect(bytes == Sizes_Large.full.serializedBytes())
    #expect(try Sizes_Large(serializedBytes: bytes) == .full)
    #expect(try Sizes_Small(serializedBytes: bytes) == .full)
    #expect(Sizes_Small.full.debugDescription == Sizes_Large.full.debugDescription)
    #expect(Sizes_Large.full.debugDescription.contains("next {\n  next {\n    number: 3\n  }\n}\n"))
  }

  @Test("Unknown fields are kept, count for equality, and are sent again", arguments: sizes)
  func unknownFields(_ type: any SizedMessage.Type) throws {
    func check<Value: SizedMessage>(_ type: Value.Type) throws {
      // Field 1000, a varint.
      let bytes: [UInt8] = [0x08, 0x05, 0xC0, 0x3E, 0x01]
      var message = try Value(serializedBytes: bytes)
      #expect(message.number == 5)
      #expect(message.unknownFields.byteCount == 3)
      #expect(message != .with { $0.number = 5 })
      #expect(message.serializedBytes() == bytes)
      let copy = message
      message.unknownFields = UnknownFields()
      #expect(message == .with { $0.number = 5 })
      #expect(copy.serializedBytes() == bytes)
    }
    try check(type)
  }

  @Test("Bytes that are wrong are refused with the same error")
  func errors() throws {
    for bytes: [UInt8] in [[0x08], [0x1A, 0x02, 0xC3, 0x28], [0x00], [0x62, 0x03, 0x62, 0x03]] {
      let small = #expect(throws: BinaryDecodingError.self) { try Sizes_Small(serializedBytes: bytes) }
      let large = #expect(throws: BinaryDecodingError.self) { try Sizes_Large(serializedBytes: bytes) }
      #expect(small?.code == large?.code)
      #expect(small?.message.replacing("Small", with: "Large") == large?.message)
    }
  }

  @Test("Nesting that is too deep is refused, and one less is not", arguments: sizes)
  func depth(_ type: any SizedMessage.Type) throws {
    func check<Value: SizedMessage>(_ type: Value.Type) throws {
      var message = Value()
      for _ in 0..<20 { message = .with { $0.next = message } }
      let bytes = message.serializedBytes()
      #expect(try Value(serializedBytes: bytes, limits: DecodingLimits(maxDepth: 20)) == message)
      let error = #expect(throws: BinaryDecodingError.self) {
        try Value(serializedBytes: bytes, limits: DecodingLimits(maxDepth: 19))
      }
      #expect(error?.code == .tooDeep)
    }
    try check(type)
  }

  @Test("Copies in many tasks are apart", arguments: sizes)
  func tasks(_ type: any SizedMessage.Type) async {
    func check<Value: SizedMessage>(_ type: Value.Type) async {
      let original = Value.full
      await withTaskGroup(of: Bool.self) { group in
        for index in 0..<64 {
          group.addTask {
            var copy = original
            copy.number = Int32(index)
            copy.list.append("\(index)")
            let changed = copy
            copy.next?.number = -1
            return changed.number == Int32(index) && changed.list.last == "\(index)" && changed.next?.number == 0
              && changed.text == original.text && changed != original && changed != copy
          }
        }
        for await isRight in group { #expect(isRight) }
      }
      #expect(original == .full)
    }
    await check(type)
  }

  @Test("The initializer for all fields")
  func initializers() {
    let message = Sizes_Large(
      number: -5,
      maybe: 0,
      text: "t",
      list: ["x"],
      choice: .word("w"),
      next: Sizes_Large(number: 1),
      wide3: Sizes_Wide(a: "a")
    )
    let same = Sizes_Large.with {
      $0.number = -5
      $0.maybe = 0
      $0.text = "t"
      $0.list = ["x"]
      $0.choice = .word("w")
      $0.next = .with { $0.number = 1 }
      $0.wide3 = .with { $0.a = "a" }
    }
    #expect(message == same)
    #expect(message.number == -5)
    #expect(message.wide3?.a == "a")
  }

  @Test("A key path reads and writes", arguments: sizes)
  func keyPaths(_ type: any SizedMessage.Type) {
    func check<Value: SizedMessage>(_ type: Value.Type) {
      var message = Value()
      let number: WritableKeyPath<Value, Int32> = \.number
      message[keyPath: number] = 4
      let part: WritableKeyPath<Value, Sizes_Part?> = \.part
      message[keyPath: part] = Sizes_Part(name: "p")
      message[keyPath: part]?.count = 9
      #expect(message.number == 4)
      #expect(message.part == Sizes_Part(name: "p", count: 9))
    }
    check(type)
  }

  @Test("Required fields, defaults of optional ones, and groups of proto2", arguments: legacySizes)
  func legacy(_ type: any LegacySizedMessage.Type) throws {
    func check<Value: LegacySizedMessage>(_ type: Value.Type) throws {
      let error = #expect(throws: BinaryDecodingError.self) { try Value(serializedBytes: [0x10, 0x01]) }
      #expect(error?.code == .malformed)
      var message = Value.with { $0.name = "n" }
      #expect(message.numberOrDefault == 7)
      #expect(message.textOrDefault == "none")
      #expect(try Value(serializedBytes: message.serializedBytes()) == message)
      message.number = 0
      message.text = ""
      message.extra = .with { $0.count = 1 }
      message.choice = .chosen(.with { $0.count = 2 })
      #expect(message.numberOrDefault == 0)
      #expect(message.textOrDefault == "")
      let decoded = try Value(serializedBytes: message.serializedBytes())
      #expect(decoded == message)
      #expect(decoded.extra?.count == 1)
      message.choice = .flag(false)
      #expect(try Value(serializedBytes: message.serializedBytes()) == message)
      #expect(message != decoded)
    }
    try check(type)
    var small = LegacySizes_Small.with { $0.name = "n" }
    var large = LegacySizes_Large.with { $0.name = "n" }
    small.extra = .with { $0.count = 1 }
    large.extra = .with { $0.count = 1 }
    #expect(small.serializedBytes() == large.serializedBytes())
    #expect(small.debugDescription == large.debugDescription)
  }
}
