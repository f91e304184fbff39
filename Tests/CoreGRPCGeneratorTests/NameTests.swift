import Testing

@testable import CoreGRPCGenerator

@Suite("Names") struct NameTests {
  @Test(
    "A field's name in Swift",
    arguments: [
      ("name", "name"), ("type_url", "typeURL"), ("url", "url"), ("user_id", "userID"), ("id", "id"),
      ("http_method", "httpMethod"), ("uses_https", "usesHTTPS"), ("int32_value", "int32Value"),
      ("proto3_optional", "proto3Optional"), ("fieldName7", "fieldName7"), ("FieldName8", "fieldName8"),
      ("FIELD_NAME11", "fieldName11"), ("a_1_b", "a1B"), ("Name", "name"), ("aURL", "aURL"),
      ("field__name", "field_Name"), ("_leading", "_leading"), ("__field_name13", "__fieldName13"),
      ("field__name4_", "field_Name4_"),
      ("field_name17__", "fieldName17__"),
    ]
  )
  func lowerCamelCase(_ name: String, _ expected: String) {
    #expect(SwiftName.lowerCamelCase(name) == expected)
  }

  @Test(
    "A method's name in Swift",
    arguments: [
      ("SayHello", "sayHello"), ("HTTPGet", "httpGet"), ("get_it", "getIt"), ("already", "already"), ("URL", "url"),
      ("A", "a"),
    ]
  )
  func method(_ name: String, _ expected: String) {
    #expect(SwiftName.method(name) == expected)
  }

  @Test(
    "A package before its types",
    arguments: [
      ("", ""), ("compute", "Compute_"), ("grpc.testing", "Grpc_Testing_"), ("google.protobuf", "Google_Protobuf_"),
      ("my_company.v1", "MyCompany_V1_"),
    ]
  )
  func package(_ name: String, _ expected: String) {
    #expect(SwiftName.prefix(ofPackage: name) == expected)
  }

  @Test(
    "An enum's name comes off its values, unless they would become the same",
    arguments: [
      ("Color", [("COLOR_RED", 0), ("color_blue", 1), ("GREEN", 2)], ["red", "blue", "green"]),
      ("HttpCode", [("HTTP_CODE_OK", 0), ("HTTPCODE_BAD", 1)], ["ok", "bad"]),
      ("Version", [("VERSION_1", 0), ("VERSION", 1)], ["version1", "version"]),
      ("Status", [("STATUS_OK", 0), ("OK", 1), ("STATUS_BAD", 2)], ["statusOk", "ok", "bad"]),
      // Another name of the same number is one case.
      ("Status", [("STATUS_OK", 0), ("OK", 0)], ["ok", "ok"]),
      ("Status", [("statusOK", 0), ("STATUS_OK", 1), ("StatusOk", -2)], ["statusOk", "statusOk_1", "statusOk_n2"]),
      ("Kind", [("KIND_NONE", 0), ("SELF", 1), ("none_", 2)], ["kindNone", "self_", "none_"]),
    ] as [(String, [(String, Int32)], [String])]
  )
  func enumCases(_ name: String, _ values: [(String, Int32)], _ expected: [String]) {
    #expect(EnumCaseNames.names(of: values.map { (name: $0.0, number: $0.1) }, in: name) == expected)
  }

  @Test("The names that protoc-gen-c gives, below the C module's")
  func cNames() {
    #expect(CName.type("grpc.testing.SimpleRequest") == "Grpc__Testing__SimpleRequest")
    #expect(CName.type("test.Everything.CountsEntry") == "Test__Everything__CountsEntry")
    #expect(CName.type("my_package.some_Thing") == "MyPackage__SomeThing")
    #expect(CName.function("grpc.testing.SimpleRequest") == "grpc__testing__simple_request")
    #expect(CName.function("my_package.HTTPServer2Go") == "my_package__httpserver2_go")
    #expect(CName.member("Double") == "double_")
    #expect(CName.member("int32_value") == "int32_value")
    #expect(CName.caseMember("myChoice") == "my_choice_case")
  }
}
