import Testing

/// Pieces of generated code; whole files are in the repository, and `scripts/generate --check` compares them.
@Suite("Generated code") struct GoldenTests {
  private func messages(_ declarations: String, syntax: String = "proto3") async throws -> String {
    let result = try await Protoc.run(["t.proto": "syntax = \"\(syntax)\";\npackage p;\n\(declarations)\n"])
    #expect(result.errors == "")
    return try #require(result.files["t.pb.swift"])
  }

  @Test("Comments become documentation: those above, else those behind; detached ones do not")
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

  @Test("How fields of each kind are read and written")
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
            value.number = message.number
            if message._flag_case.rawValue == 2 { value.flag = message.flag != 0 }
            value.text = try decoder.string(message.text, field: 3)
            value.texts = try decoder.array(message.texts, count: message.n_texts) { element throws(DecodingError) in
              try decoder.string(element, field: 4)
            }
            value.e = decoder.enumeration(message.e)
            value.inner = try decoder.message(message.inner, as: P_A.Inner.Layout.self)
            value.doubles = try decoder.map(message.doubles, count: message.n_doubles, as: P_A.DoublesEntryLayout.self)
            value.unknownFields = decoder.unknownFields(message.base)
            return value
      """
    #expect(text.contains(read))
    let write = """
            message.number = value.number
            encoder.negativeZero(value.number, field: 1)
            if let field = value.flag {
              message._flag_case = .init(rawValue: 2)
              message.flag = field ? 1 : 0
            }
            message.text = encoder.string(value.text)
            message.n_texts = value.texts.count
            message.texts = encoder.array(value.texts) { element, encoder in encoder.string(element) }
            message.e = encoder.enumeration(value.e)
            message.inner = encoder.message(value.inner, as: P_A.Inner.Layout.self)
            message.n_doubles = value.doubles.count
            message.doubles = encoder.map(value.doubles, as: P_A.DoublesEntryLayout.self)
            encoder.unknownFields(value.unknownFields, in: &message.base)
      """
    #expect(text.contains(write))
  }

  @Test("What the .proto file calls deprecated is so where a program calls it")
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

  @Test("C: strings are counted, and neither services nor functions nobody calls are there")
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
