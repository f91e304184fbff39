import FormatMessages
import ProtobufC
import ProtobufCTextFormat
import ProtobufCWellKnownTypes
import Testing

@Suite struct EncodingTests {
  @Test func writesALineForEachField() {
    let message = Formats_Everything.with {
      $0.aDouble = 1.5
      $0.aFloat = -.infinity
      $0.anInt64 = .min
      $0.aUint64 = .max
      $0.aSint32 = -2
      $0.aBool = true
      $0.aString = "\"\\\n\u{1}é"
      $0.aBytes = [0, 0x41, 0xFF]
      $0.aColor = .red
      $0.nested = .with { $0.maybe = 0 }
      $0.otherName = 3
      $0.numbers = [1, 2]
      $0.colors = [.none_, .unrecognized(8)]
      $0.counts = ["b": 2, "a": 1]
      $0.choice = .chosenMessage(Formats_Everything())
      $0.duration = Google_Protobuf_Duration(seconds: 1)
    }
    #expect(
      message.textFormatString() == #"""
        a_double: 1.5
        a_float: -inf
        an_int64: -9223372036854775808
        a_uint64: 18446744073709551615
        a_sint32: -2
        a_bool: true
        a_string: "\"\\\n\001é"
        a_bytes: "\000A\377"
        a_color: COLOR_RED
        nested {
          maybe: 0
        }
        other_name: 3
        numbers: 1
        numbers: 2
        colors: COLOR_NONE
        colors: 8
        counts {
          key: "a"
          value: 1
        }
        counts {
          key: "b"
          value: 2
        }
        chosen_message {
        }
        duration {
          seconds: 1
        }

        """#
    )
  }

  @Test func writesGroupsAndExtensions() throws {
    let old = Formats_Other_Old.with {
      $0.id = 1
      $0.inner = .with { $0.number = 2 }
    }
    // `remark` is "hi", and `marks` are 1 and 2.
    let bytes = old.serializedBytes() + [0xA2, 0x06, 2, 0x68, 0x69, 0xAA, 0x06, 2, 1, 2]
    let message = try Formats_Other_Old(serializedBytes: bytes)
    let text = message.textFormatString()
    #expect(
      text == """
        id: 1
        Inner {
          number: 2
        }
        [formats.other.remark]: "hi"
        [formats.other.marks]: 1
        [formats.other.marks]: 2

        """
    )
    #expect(try Formats_Other_Old(textFormatString: text) == message)
  }

  @Test func writesTheMessageInAnAny() {
    let any = Google_Protobuf_Any(packing: Formats_Everything.with { $0.maybe = 1 })
    let message = Formats_Everything.with { $0.any = any }
    #expect(
      message.textFormatString() == """
        any {
          [type.googleapis.com/formats.Everything] {
            maybe: 1
          }
        }

        """
    )
    #expect(any.textFormatString().hasPrefix("type_url: \"type.googleapis.com/formats.Everything\"\nvalue: \""))
    var options = TextFormatEncodingOptions()
    options.types = [Formats_Everything.self]
    #expect(any.textFormatString(options: options).hasPrefix("[type.googleapis.com/formats.Everything] {\n  maybe: 1"))
    let broken = Formats_Everything.with { $0.any = Google_Protobuf_Any(typeURL: "/formats.Everything", value: [1]) }
    #expect(broken.textFormatString().contains("value: \"\\001\""))
  }

  /// The depth of the deepest line.
  private func deepest(_ text: String) -> Int? {
    text.split(separator: "\n").map { $0.prefix { $0 == " " }.count / 2 }.max()
  }

  @Test func boundsTheDepthOfAny() throws {
    var any = Google_Protobuf_Any(typeURL: "/google.protobuf.Any", value: [])
    for _ in 0..<1000 { any = Google_Protobuf_Any(typeURL: "/google.protobuf.Any", value: any.serializedBytes()) }
    let text = any.textFormatString()
    // Fewer levels than 100, where a debug build has no stack for these.
    let depth = try #require(deepest(text))
    #expect((20...100).contains(depth))
    #expect(text.contains(String(repeating: "  ", count: depth) + "type_url: \"/google.protobuf.Any\"\n"))
    var options = TextFormatDecodingOptions()
    options.maxStackBytes = 4 << 20
    let isSame = try Google_Protobuf_Any(textFormatString: text, options: options) == any
    #expect(isSame)
  }

  @Test func boundsTheDepthOfAMessageInAnAny() throws {
    func message(depth: Int) -> Formats_Everything {
      let inner = (0..<depth).reduce(Formats_Everything()) { message, _ in .with { $0.nested = message } }
      return .with { $0.any = Google_Protobuf_Any(packing: inner) }
    }
    // The field and the `Any` are levels, too.
    #expect(deepest(message(depth: 20).textFormatString()) == 21)
    let text = message(depth: 150).textFormatString()
    #expect(deepest(text) == 1)
    #expect(try Formats_Everything(textFormatString: text) == message(depth: 150))
  }

  @Test func boundsTheDepthOfAnExtension() throws {
    func message(depth: Int) throws -> Formats_Other_Old {
      var child = Formats_Other_Old.with { $0.id = 1 }
      for _ in 0..<depth {
        let inner = child
        child = .with {
          $0.id = 1
          $0[Formats_Other_Extensions_child] = inner
        }
      }
      return child
    }
    #expect(try deepest(message(depth: 20).textFormatString()) == 20)
    // Unknown fields are written as messages for some levels.
    #expect(try deepest(message(depth: 150).textFormatString()) ?? .max < 20)
  }

  @Test func writesExtensionsThatAreNotValidAsUnknownFields() throws {
    // `marks` are packed numbers, the last of which is cut off.
    let bytes = Formats_Other_Old.with { $0.id = 1 }.serializedBytes() + [0xAA, 0x06, 2, 1, 0x80]
    let message = try Formats_Other_Old(serializedBytes: bytes)
    #expect(message.textFormatString() == "id: 1\n101: \"\\001\\200\"\n")
    var options = TextFormatEncodingOptions()
    options.printUnknownFields = false
    #expect(message.textFormatString(options: options) == "id: 1\n")
  }

  @Test func writesUnknownFields() throws {
    // Field 5000 is a number, 5001 a message or bytes, 5002 four bytes, 5003 eight, and 5004 text.
    let bytes: [UInt8] =
      [0xC0, 0xB8, 0x02, 0x07] + [0xCA, 0xB8, 0x02, 0x02, 0x08, 0x05] + [0xD5, 0xB8, 0x02, 1, 0, 0, 0]
      + [0xD9, 0xB8, 0x02, 2, 0, 0, 0, 0, 0, 0, 0] + [0xE2, 0xB8, 0x02, 2, 0x61, 0x62]
    let message = try Formats_Everything(serializedBytes: bytes)
    #expect(
      message.textFormatString() == """
        5000: 7
        5001 {
          1: 5
        }
        5002: 0x00000001
        5003: 0x0000000000000002
        5004: "ab"

        """
    )
    var options = TextFormatEncodingOptions()
    options.printUnknownFields = false
    #expect(message.textFormatString(options: options).isEmpty)
  }

  @Test func agreesWithTheDebugDescription() {
    let message = Formats_Everything.with {
      $0.anInt32 = 5
      $0.aString = "text"
      $0.children = [Formats_Everything(), .with { $0.floats = [0.5] }]
    }
    #expect(message.textFormatString() == message.debugDescription)
  }
}
