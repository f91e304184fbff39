import FormatMessages
import ProtobufC
import ProtobufCJSON
import ProtobufCWellKnownTypes
import Testing

@Suite struct HostileTextTests {
  private func code<Value: Message>(
    _ json: String,
    as type: Value.Type,
    _ options: JSONDecodingOptions = JSONDecodingOptions()
  ) -> JSONDecodingError.Code? {
    do throws(JSONDecodingError) {
      _ = try Value(jsonString: json, options: options)
      return nil
    } catch {
      return error.code
    }
  }

  private func nested(_ open: String, _ inner: String, _ close: String, _ depth: Int) -> String {
    String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
  }

  private func nestedAny(_ depth: Int) -> String {
    nested("{\"value\":", "{}", ",\"@type\":\"/google.protobuf.Any\"}", depth)
  }

  @Test func boundsDepth() throws {
    var ignoring = JSONDecodingOptions()
    ignoring.ignoreUnknownFields = true
    // Depth alone is wrong with these texts.
    _ = try Formats_Everything(jsonString: nested("{\"nested\":", "{}", "}", 2))
    _ = try Google_Protobuf_Value(jsonString: nested("[", "", "]", 2))
    _ = try Google_Protobuf_Struct(jsonString: nested("{\"a\":", "1", "}", 2))
    _ = try Formats_Everything(jsonString: "{\"x\":" + nested("[", "", "]", 2) + "}", options: ignoring)
    _ = try Google_Protobuf_Any(jsonString: nestedAny(2))
    for depth in [101, 200_000] {
      #expect(code(nested("{\"nested\":", "{}", "}", depth), as: Formats_Everything.self) == .tooDeep)
      #expect(code(nested("[", "", "]", depth), as: Google_Protobuf_Value.self) == .tooDeep)
      #expect(code(nested("{\"a\":", "1", "}", depth), as: Google_Protobuf_Struct.self) == .tooDeep)
      #expect(code("{\"x\":" + nested("[", "", "]", depth) + "}", as: Formats_Everything.self, ignoring) == .tooDeep)
      #expect(code(nestedAny(depth), as: Google_Protobuf_Any.self) == .tooDeep)
    }
  }

  /// The stack that threads have by default on some systems.
  @Test func needsLittleStack() throws {
    let text = nested("{\"nested\":", "{}", "}", 99)
    let any = nestedAny(99)
    let array = nested("[", "", "]", 99)
    let codes = try onThread(stackByteCount: 512 << 10) {
      [
        code(text, as: Formats_Everything.self), code(array, as: Google_Protobuf_Value.self),
        code(any, as: Google_Protobuf_Any.self),
      ]
    }
    // What the stack does not hold is refused.
    for code in codes { #expect(code == nil || code == .tooDeep) }
    var message = Google_Protobuf_Any(typeURL: "/google.protobuf.Any", value: [])
    for _ in 0..<99 { message = Google_Protobuf_Any(typeURL: "/google.protobuf.Any", value: message.serializedBytes()) }
    let encodingCode = try onThread(stackByteCount: 512 << 10) {
      do throws(JSONEncodingError) {
        _ = try message.jsonString()
        return JSONEncodingError.Code?.none
      } catch {
        return error.code
      }
    }
    #expect(encodingCode == nil || encodingCode == .tooDeep)
  }

  @Test func allowsTheDepthOfTheOptions() {
    #expect(code(nested("[", "", "]", 20), as: Google_Protobuf_Value.self) == nil)
    #expect(code(nested("{\"nested\":", "{}", "}", 10), as: Formats_Everything.self) == nil)
    var stack = JSONDecodingOptions()
    stack.maxStackBytes = 4 << 20
    #expect(code(nestedAny(99), as: Google_Protobuf_Any.self, stack) == nil)
    stack.maxStackBytes = 1000
    #expect(code(nested("[", "", "]", 60), as: Google_Protobuf_Value.self, stack) == .tooDeep)
    var options = JSONDecodingOptions()
    options.messageDepthLimit = 2
    #expect(code("[[]]", as: Google_Protobuf_Value.self, options) == nil)
    #expect(code("[[[]]]", as: Google_Protobuf_Value.self, options) == .tooDeep)
    options.messageDepthLimit = -1
    #expect(code("[]", as: Google_Protobuf_Value.self, options) == .tooDeep)
    options.messageDepthLimit = .max
    #expect(code("[]", as: Google_Protobuf_Value.self, options) == nil)
  }

  @Test func boundsMemory() throws {
    var options = JSONDecodingOptions()
    options.maxMemoryBytes = 100_000
    let many = "[" + String(repeating: "{},", count: 2000) + "{}]"
    _ = try Google_Protobuf_Value(jsonString: many)
    _ = try Google_Protobuf_Value(jsonString: "[{},{}]", options: options)
    #expect(code(many, as: Google_Protobuf_Value.self, options) == .tooLarge)
  }

  /// Every beginning of a text, and every text with a byte changed, is read or refused: nothing else happens.
  @Test func survivesEveryCutAndChange() throws {
    let text = Array(
      #"{"aDouble":-1.5e3,"aString":"\ud83d\ude42x","aBytes":"AQ==","nested":{"maybe":1},"counts":{"a":"1"},"any":{"value":"1.5s","@type":"/google.protobuf.Duration"},"time":"2000-02-29T01:02:03.5+01:00","mask":"aB,c","values":[null,{"a":[true]}]}"#
        .utf8
    )
    _ = try Formats_Everything(jsonUTF8Bytes: text)
    for end in text.indices { _ = try? Formats_Everything(jsonUTF8Bytes: Array(text[..<end])) }
    for index in text.indices {
      for byte: UInt8 in [0, 0x22, 0x2C, 0x2D, 0x39, 0x5B, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] {
        var changed = text
        changed[index] = byte
        guard let message = try? Formats_Everything(jsonUTF8Bytes: changed) else { continue }
        #expect(try Formats_Everything(jsonString: message.jsonString()) == message)
      }
    }
  }

  @Test func boundsTheDepthOfAny() {
    var any = Google_Protobuf_Any(typeURL: "/google.protobuf.Any", value: [])
    for _ in 0..<200 { any = Google_Protobuf_Any(typeURL: "/google.protobuf.Any", value: any.serializedBytes()) }
    let error = #expect(throws: JSONEncodingError.self) { try any.jsonString() }
    #expect(error?.code == .tooDeep)
  }

  /// Content of others in any order: a one-of twice, parts of a message, a list in parts, keys twice.
  @Test func writesContentOfAnyAsItIsRead() throws {
    func bytes(_ populate: (inout Formats_Everything) -> Void) -> [UInt8] {
      Formats_Everything.with(populate).serializedBytes()
    }
    let parts =
      bytes { $0.choice = .chosenText("a") } + bytes { $0.numbers = [1] } + bytes { $0.nested = .with { $0.maybe = 1 } }
      + bytes { $0.anInt32 = 1 } + bytes { $0.numbers = [2] } + bytes { $0.nested = .with { $0.aBool = true } }
      + bytes { $0.counts = ["a": 1] } + bytes { $0.counts = ["a": 2] } + bytes { $0.anInt32 = 3 }
      + bytes { $0.choice = .chosenNumber(5) }
    let any = Google_Protobuf_Any(typeURL: "/formats.Everything", value: parts)
    let message = Formats_Everything.with { $0.any = any }
    #expect(
      try message.jsonString() == """
        {"any":{"@type":"/formats.Everything","anInt32":3,"nested":{"aBool":true,"maybe":1},"numbers":[1,2],\
        "counts":{"a":"2"},"chosenNumber":5}}
        """
    )
  }
}
