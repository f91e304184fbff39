#include "FurtherCases.h"
#include "binary_json_conformance_suite.h"
#include "conformance_test.h"

// Google's suite first, then ours, each against a process of its own. The arguments are those of Google's runner.
int main(int argc, char** argv) {
  google::protobuf::BinaryAndJsonConformanceSuite google_suite;
  FurtherCases further_cases;
  int google_status = google::protobuf::ForkPipeRunner::Run(argc, argv, {&google_suite});
  int further_status = google::protobuf::ForkPipeRunner::Run(argc, argv, {&further_cases});
  return google_status == 0 && further_status == 0 ? 0 : 1;
}
