import FormatMessages
import ProtobufC
import ProtobufCJSON
import ProtobufCWellKnownTypes
import Testing

@Suite struct EncodingTests {
  private func json(
    _ options: JSONEncodingOptions = JSONEncodingOptions(),
    _ populate: (inout Formats_Everything) -> Void
  ) throws -> String {
    try Formats_Everything.with(populate).jsonString(options: options)
  }

  @Test func leavesOutFieldsThatAreNotSet() throws {
    #expect(try json { _ in } == "{}")
  }

  @Test func writesEveryKindOfNumber() throws {
    let text = try json {
      $0.aDouble = 1.5
      $0.aFloat = 0.1
      $0.anInt32 = .min
      $0.anInt64 = .min
      $0.aUint32 = .max
      $0.aUint64 = .max
      $0.aSint32 = -2
      $0.aSint64 = .min
      $0.aFixed32 = .max
      $0.aFixed64 = .max
      $0.aSfixed32 = .min
      $0.aSfixed64 = -3
      $0.aBool = true
    }
    #expect(
      text == """
        {"aDouble":1.5,"aFloat":0.1,"anInt32":-2147483648,"anInt64":"-9223372036854775808","aUint32":4294967295,\
        "aUint64":"18446744073709551615","aSint32":-2,"aSint64":"-9223372036854775808","aFixed32":4294967295,\
        "aFixed64":"18446744073709551615","aSfixed32":-2147483648,"aSfixed64":"-3","aBool":true}
        """
    )
  }

  @Test(arguments: [
    (1, "1"), (-0.0, "-0"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"), (.nan, "\"NaN\""),
    (.infinity, "\"Infinity\""),
    (-.infinity, "\"-Infinity\""), (123_456_789, "123456789"), (0.1 + 0.2, "0.30000000000000004"),
  ]) func writesFloatingPointNumbers(_ number: Double, _ text: String) throws {
    #expect(try json { $0.aDouble = number } == "{\"aDouble\":\(text)}")
  }

  @Test func escapesStrings() throws {
    let text = try json { $0.aString = "\"\\/\u{8}\u{0}\n\t\u{1F}\u{7F}é\u{2028}🙂" }
    #expect(text == #"{"aString":"\"\\/\u0008\u0000\n\t\u001f\u007fé"# + "\u{2028}🙂\"}")
  }

  @Test(arguments: [
    ([], nil), ([0xFB], "+w=="), ([0xFB, 0xFF], "+/8="), ([1, 2, 3], "AQID"), ([1, 2, 3, 4], "AQIDBA=="),
  ])
  func writesBytesAsBase64(_ bytes: [UInt8], _ text: String?) throws {
    #expect(try json { $0.aBytes = bytes } == (text.map { "{\"aBytes\":\"\($0)\"}" } ?? "{}"))
  }

  @Test func writesEnums() throws {
    #expect(try json { $0.aColor = .red } == #"{"aColor":"COLOR_RED"}"#)
    #expect(try json { $0.aColor = .unrecognized(7) } == #"{"aColor":7}"#)
    #expect(try json { $0.colors = [.none_, .unspecified] } == #"{"colors":["COLOR_NONE","COLOR_UNSPECIFIED"]}"#)
  }

  @Test func writesPresence() throws {
    #expect(try json { $0.maybe = 0 } == #"{"maybe":0}"#)
    #expect(try json { $0.nested = Formats_Everything() } == #"{"nested":{}}"#)
    #expect(try json { $0.choice = .chosenNumber(0) } == #"{"chosenNumber":0}"#)
    #expect(try json { $0.choice = .chosenNull(.nullValue) } == #"{"chosenNull":null}"#)
  }

  @Test func writesListsAndMaps() throws {
    var options = JSONEncodingOptions()
    options.useDeterministicOrdering = true
    let text = try json(options) {
      $0.numbers = [1, 2]
      $0.folded = [-1, 1]
      $0.names = ["", "a"]
      $0.children = [Formats_Everything(), .with { $0.maybe = 1 }]
      $0.floats = [0.5, .infinity]
      $0.counts = ["b": 1, "a": 2, "": 0]
      $0.colorsByFlag = [true: .red, false: .none_]
      $0.childrenByNumber = [10: Formats_Everything(), -1: .with { $0.maybe = 2 }]
    }
    #expect(
      text == """
        {"numbers":[1,2],"folded":["-1","1"],"names":["","a"],"children":[{},{"maybe":1}],"floats":[0.5,"Infinity"],\
        "counts":{"":"0","a":"2","b":"1"},"colorsByFlag":{"false":"COLOR_NONE","true":"COLOR_RED"},\
        "childrenByNumber":{"-1":{"maybe":2},"10":{}}}
        """
    )
  }

  @Test func followsItsOptions() throws {
    var options = JSONEncodingOptions()
    options.alwaysPrintInt64sAsNumbers = true
    options.alwaysPrintEnumsAsInts = true
    options.preserveProtoFieldNames = true
    let text = try json(options) {
      $0.anInt64 = .max
      $0.aUint64 = .max
      $0.aColor = .red
      $0.otherName = 1
      $0.wrappedNumber = 5
    }
    #expect(
      text == """
        {"an_int64":9223372036854775807,"a_uint64":18446744073709551615,"a_color":1,"other_name":1,"wrapped_number":5}
        """
    )
    #expect(try json { $0.otherName = 1 } == #"{"@odd":1}"#)
  }

  @Test func refusesTooDeepMessages() throws {
    var message = Formats_Everything()
    for _ in 0..<5 {
      let inner = message
      message = .with { $0.nested = inner }
    }
    var options = JSONEncodingOptions()
    options.messageDepthLimit = 6
    #expect(try message.jsonString(options: options).hasSuffix("{}}}}}}"))
    options.messageDepthLimit = 5
    let error = #expect(throws: JSONEncodingError.self) { try message.jsonString(options: options) }
    #expect(error?.code == .tooDeep)
  }

  @Test func leavesOutUnknownFields() throws {
    let old = Formats_Other_Old.with { $0.id = 1 }
    // The field 5000 is not in the message.
    let message = try Formats_Other_Old(serializedBytes: old.serializedBytes() + [0xC0, 0xB8, 0x02, 0x01])
    #expect(message.unknownFields.isEmpty == false)
    #expect(try message.jsonString() == #"{"id":1}"#)
  }

  @Test func writesGroupsAndExtensions() throws {
    let old = Formats_Other_Old.with {
      $0.id = 1
      $0.inner = .with { $0.number = 2 }
    }
    // `remark` is "hi", and `marks` are 1 and 2.
    let bytes = old.serializedBytes() + [0xA2, 0x06, 2, 0x68, 0x69, 0xAA, 0x06, 2, 1, 2]
    let message = try Formats_Other_Old(serializedBytes: bytes)
    let text = try message.jsonString()
    #expect(
      text == """
        {"id":1,"inner":{"number":2},"[formats.other.remark]":"hi","[formats.other.marks]":[1,2]}
        """
    )
    #expect(try Formats_Other_Old(jsonString: text) == message)
  }

  @Test func refusesExtensionsThatAreNotValid() throws {
    // `marks` are packed numbers, the last of which is cut off.
    let bytes = Formats_Other_Old.with { $0.id = 1 }.serializedBytes() + [0xAA, 0x06, 2, 1, 0x80]
    let message = try Formats_Other_Old(serializedBytes: bytes)
    let error = #expect(throws: JSONEncodingError.self) { try message.jsonString() }
    #expect(error?.code == .malformed)
    #expect(error?.message == "field [formats.other.marks] of formats.other.Old is not packed numbers")
  }

  @Test func bytesAreTheStringInUTF8() throws {
    let message = Formats_Everything.with { $0.aString = "é" }
    #expect(try message.jsonUTF8Bytes() == Array(message.jsonString().utf8))
  }
}
