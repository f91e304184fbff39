#include "FurtherCases.h"
#include "binary_json_conformance_suite.h"
#include "conformance_test.h"
#include "text_format_conformance_suite.h"

// Google's suites first, then ours, each against a process of its own. The arguments are those of Google's runner.
int main(int argc, char** argv) {
  google::protobuf::BinaryAndJsonConformanceSuite google_suite;
  google::protobuf::TextFormatConformanceTestSuite text_format_suite;
  FurtherCases further_cases;
  int google_status = google::protobuf::ForkPipeRunner::Run(argc, argv, {&google_suite});
  int text_format_status = google::protobuf::ForkPipeRunner::Run(argc, argv, {&text_format_suite});
  int further_status = google::protobuf::ForkPipeRunner::Run(argc, argv, {&further_cases});
  return google_status == 0 && text_format_status == 0 && further_status == 0 ? 0 : 1;
}
