import Testing

/// Pieces of generated code; whole files are in the repository, and `scripts/generate --check` compares them.
@Suite("Generated code") struct GoldenTests {
  private func messages(_ declarations: String, syntax: String = "proto3") async throws -> String {
    let result = try await Protoc.run(["t.proto": "syntax = \"\(syntax)\";\npackage p;\n\(declarations)\n"])
    #expect(result.errors == "")
    return try #require(result.files["t.pb.swift"])
  }

  @Test("Comments become documentation: those above, else those after; detached ones do not")
  func comments() async throws {
    let text = try await messages(
      """
      // Detached.

      // The message.
      //
      //   Indented.
      message A {
        // Above.
        int32 first = 1; // Behind, too.
        int32 second = 2; // Behind.
        int32 third = 3;
      }
      """
    )
    #expect(!text.contains("Detached"))
    #expect(text.contains("/// The message.\n///\n///   Indented.\npublic struct P_A: Message {"))
    #expect(text.contains("  /// Above.\n  public var first: Int32 = 0\n"))
    #expect(text.contains("  /// Behind.\n  public var second: Int32 = 0\n"))
    #expect(text.contains("  /// The field `third`.\n  public var third: Int32 = 0\n"))
    #expect(!text.contains("too"))
  }

  @Test(
    "A comment stays a comment, whatever ends its lines",
    arguments: ["\r\n", "\r", "\r\r\n", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"]
  )
  func lineEnds(_ end: String) async throws {
    let text = try await messages("/* One\(end)Two */\nmessage A {\n  int32 a = 1; // Three\(end)\n}")
    let lines = text.unicodeScalars.split { $0 == "\n" || $0 == "\r" }.map { String($0) }
    #expect(lines.contains("/// One") && lines.contains("/// Two") && lines.contains("  /// Three"))
    #expect(!text.unicodeScalars.contains { $0 != "\n" && Character($0).isNewline })
  }

  @Test("A comment may hold marks of comments and of strings, characters of all kinds, and long lines")
  func commentContent() async throws {
    let content = [
      "*\u{2F} /* ``` `a \" \"\"\" \\ \\( #\" { 👩‍👩‍👧 é e\u{301} \u{202E} \u{FEFF} x",
      String(repeating: "word ", count: 4_000) + "x",
    ]
    let text = try await messages(
      content.map { "// \($0)\n" }.joined() + "message A {}\n// \u{1}bell \u{7}\nmessage B {}"
    )
    for line in content { #expect(text.contains("/// \(line)\n")) }
    #expect(text.contains("/// bell\n"))
  }

  @Test("A comment that is not UTF-8 loses those characters only")
  func latin1() async throws {
    let source =
      Array("syntax = \"proto3\";\n// caf".utf8) + [0xE9, 0x20, 0xC3] + Array("\nmessage A {}\n// é\nmessage B {}".utf8)
    let result = try await Protoc.run(bytes: ["t.proto": source])
    let text = try #require(result.files["t.pb.swift"])
    #expect(text.contains("/// caf? ?\n"))
    #expect(text.contains("/// é\n"))
  }

  @Test("A default keeps the sign of its zero")
  func negativeZero() async throws {
    let text = try await messages(
      "message A { optional double a = 1 [default = -0.0]; required float b = 2 [default = -0]; }",
      syntax: "proto2"
    )
    #expect(text.contains("{ self.a ?? -0.0 }"))
    #expect(text.contains("var b: Float = -0.0\n"))
  }

  @Test("Only fields on a cycle of single messages are indirect")
  func indirection() async throws {
    let text = try await messages(
      """
      message A { A a = 1; B b = 2; C c = 3; repeated A list = 4; map<int32, A> map = 5; }
      message B { oneof x { A a = 1; C c = 2; } }
      message C { repeated A list = 1; map<string, C> map = 2; }
      """
    )
    #expect(text.contains("  @Indirect public var a: P_A? = nil\n"))
    #expect(text.contains("  @Indirect public var b: P_B? = nil\n"))
    #expect(text.contains("  public var c: P_C?\n"))
    #expect(text.contains("  public var list: [P_A] = []\n"))
    #expect(text.contains("    indirect case a(P_A)\n"))
    #expect(text.contains("    case c(P_C)\n"))
    #expect(text.ranges(of: "@Indirect").count == 2)
  }

  @Test("A required field that makes a message require itself may be left out")
  func requiredOfItself() async throws {
    let text = try await messages(
      "message A { required A a = 1; required B b = 2; required C c = 3; }"
        + " message B { required C c = 1; } message C { required B b = 1; optional A a = 2; }",
      syntax: "proto2"
    )
    #expect(text.contains("  @Indirect public var a: P_A? = nil\n"))
    #expect(text.contains("  public var b: P_B = P_B()\n"))
    #expect(text.contains("  public var c: P_C = P_C()\n") && text.contains("  @Indirect public var c: P_C? = nil\n"))
    #expect(text.contains("  @Indirect public var b: P_B? = nil\n"))
  }

  @Test("Fields of each kind are read and written")
  func coding() async throws {
    let text = try await messages(
      """
      message A {
        double number = 1;
        optional bool flag = 2;
        string text = 3;
        repeated string texts = 4;
        E e = 5;
        A.Inner inner = 6;
        map<int32, double> doubles = 7;
        message Inner {}
        enum E { NONE = 0; }
      }
      """
    )
    let read = """
            var value = P_A()
            value.number = unsafe message.number
            if unsafe message._flag_case.rawValue == 2 { value.flag = unsafe message.flag != 0 }
            value.text = try unsafe decoder.string(message.text, field: 3)
            value.texts = try unsafe decoder.array(message.texts, count: message.n_texts) { element throws(BinaryDecodingError) in
              try unsafe decoder.string(element, field: 4)
            }
            value.e = unsafe decoder.enumeration(message.e)
            value.inner = try unsafe decoder.message(message.inner, as: P_A.Inner.Layout.self)
            value.doubles = try unsafe decoder.map(message.doubles, count: message.n_doubles, as: P_A.DoublesEntryLayout.self)
            value.unknownFields = unsafe decoder.unknownFields(message.base)
            return value
      """
    #expect(text.contains(read))
    let write = """
            unsafe message.number = value.number
            encoder.negativeZero(value.number, field: 1)
            if let field = value.flag {
              unsafe message._flag_case = .init(rawValue: 2)
              unsafe message.flag = field ? 1 : 0
            }
            unsafe message.text = encoder.string(value.text)
            unsafe message.n_texts = value.texts.count
            unsafe message.texts = encoder.array(value.texts) { element, encoder in unsafe encoder.string(element) }
            unsafe message.e = encoder.enumeration(value.e)
            unsafe message.inner = encoder.message(value.inner, as: P_A.Inner.Layout.self)
            unsafe message.n_doubles = value.doubles.count
            unsafe message.doubles = encoder.map(value.doubles, as: P_A.DoublesEntryLayout.self)
            unsafe encoder.unknownFields(value.unknownFields, in: &message.base)
      """
    #expect(text.contains(write))
  }

  @Test("A public import from another module is handed on")
  func publicImports() async throws {
    let sources = [
      "far.proto": "syntax = \"proto3\"; package far; message Far {} enum Kind { NONE = 0; }",
      "near.proto": """
      syntax = "proto2"; package near; import public "far.proto"; message Near { extensions 1 to 9; } \
      extend Near { optional int32 note = 1; }
      """,
      "own.proto": "syntax = \"proto3\"; package p; message Own {}",
      "t.proto": """
      syntax = "proto3"; package p; import public "near.proto"; import public "own.proto";
      import "google/protobuf/empty.proto"; message A { far.Far far = 1; google.protobuf.Empty empty = 2; }
      """,
    ]
    func text(_ visibility: String) async throws -> String {
      let result = try await Protoc.run(
        sources,
        generating: ["own.proto", "t.proto"],
        options: "Visibility=\(visibility),CModule=CThings,ModuleMappings=FOLDER/modules.txt",
        extraFiles: ["modules.txt": "far = Far, CFar\nnear = Near, CNear\n"]
      )
      #expect(result.errors == "")
      return try #require(result.files["t.pb.swift"])
    }
    let expected = """
      @_exported public import struct Far.Far_Far
      @_exported public import enum Far.Far_Kind
      @_exported public import enum Far.Far_FarFile
      @_exported public import struct Near.Near_Near
      @_exported public import let Near.Near_Extensions_note
      @_exported public import enum Near.Near_NearFile

      """
    let exported = try await text("Public")
    #expect(exported.contains(expected) && exported.ranges(of: "@_exported").count == 6)
    #expect(try await !text("Internal").contains("@_exported"))
  }

  @Test("A deprecated method of the .proto file is deprecated in the client")
  func deprecation() async throws {
    let result = try await Protoc.run([
      "t.proto": """
      syntax = "proto3";
      package p;
      message A {}
      service S {
        rpc Old (A) returns (A) { option deprecated = true; }
        rpc New (A) returns (A) {}
      }
      """
    ])
    let text = try #require(result.files["t.grpc.swift"])
    #expect(text.contains("    @available(*, deprecated)\n    public func old("))
    #expect(!text.contains("    @available(*, deprecated)\n    public func new("))
  }

  @Test("C: strings are counted, and there are neither services nor unused functions")
  func c() async throws {
    let result = try await Protoc.run([
      "t.proto": """
      syntax = "proto3";
      package p;
      // A comment.
      message A { string text = 1 [deprecated = true]; map<string, string> map = 2; }
      service S { rpc Do (A) returns (A) {} }
      """
    ])
    let header = try #require(result.files["t.pb-c.h"])
    #expect(header.contains("  ProtobufCBinaryData text;\n"))
    // All of a program's C is in one namespace.
    #expect(header.contains("typedef struct CThings__P__A CThings__P__A;"))
    #expect(header.contains("void   cthings__p__a__init\n"))
    #expect(!header.contains("Service") && !header.contains("comment") && !header.contains("_unpack"))
    #expect(result.files["t.pb-c.c"]?.contains("protobuf_c_empty_string") == false)
  }
}
