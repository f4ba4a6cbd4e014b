// The fused convolutions of R and D as cuDNN graphs, one kernel each. This file includes no torch: plans.cc asks cuDNN
// for plans without a GPU, fused.cc runs them on one.
#pragma once
#include <cuda.h>

#include <cudnn_frontend.h>

#include <stdexcept>
#include <string>

namespace sg {

namespace fe = cudnn_frontend;

// A convolution with r x r filters and a zero padding of r/2: (n, c, h, w) -> (n, k, out(h), out(w)).
struct Layer {
  int64_t n, c, h, w, k, r, stride;

  int64_t out(int64_t size) const { return (size + 2 * (r / 2) - r) / stride + 1; }
};

// One graph. Everything is bfloat16 with channels innermost, except the bias's gradient, which is float32.
struct Request {
  // forward: out = conv(x, w) + b, then + residual, then max(., 0).
  // input: out = the gradient at the convolution's input, then + residual, then (relu) 0 where y <= 0, then (sum) db =
  // its sum over n, h, w.
  // weight: out = the gradient at the convolution's filters.
  enum Pass { forward, input, weight } pass;
  bool residual, relu, sum;  // sum needs relu
  Layer layer;

  // For messages and as the key in the plan file: "input+residual+relu+sum:512,64,35,55,64,3,1".
  std::string name() const {
    static const char *const names[] = {"forward", "input", "weight"};
    std::string s = names[pass];
    if (residual) s += "+residual";
    if (relu) s += "+relu";
    if (sum) s += "+sum";
    const char *separator = ":";
    for (int64_t v : {layer.n, layer.c, layer.h, layer.w, layer.k, layer.r, layer.stride}) {
      s += separator + std::to_string(v);
      separator = ",";
    }
    return s;
  }
};

// The tensors of a graph. x, y: (n, c, h, w). dy: (n, k, out(h), out(w)). w: (k, c, r, r). b, db: one value per
// channel.
enum Operand : int64_t { op_x = 1, op_w, op_b, op_residual, op_y, op_dy, op_out, op_db };

inline void good(fe::error_t e) {
  if (e.is_bad()) throw std::runtime_error("cuDNN: " + e.get_message());
}

namespace plans {

using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;
using Shape = std::vector<int64_t>;

inline Shape channels_innermost(const Shape &d) { return {d[1] * d[2] * d[3], 1, d[3] * d[1], d[1]}; }

inline Tensor operand(fe::graph::Graph &g, Operand uid, const Shape &d) {
  return g.tensor(fe::graph::Tensor_attributes().set_uid(uid).set_dim(d).set_stride(channels_innermost(d)));
}

inline void result(const Tensor &t, Operand uid, const Shape &d, fe::DataType_t type) {
  t->set_output(true).set_uid(uid).set_dim(d).set_stride(channels_innermost(d)).set_data_type(type);
}

inline Tensor pointwise(fe::graph::Graph &g, fe::PointwiseMode_t mode, const Tensor &a) {
  return g.pointwise(a, fe::graph::Pointwise_attributes().set_mode(mode));
}

inline Tensor pointwise(fe::graph::Graph &g, fe::PointwiseMode_t mode, const Tensor &a, const Tensor &b) {
  return g.pointwise(a, b, fe::graph::Pointwise_attributes().set_mode(mode));
}

template <class Attributes>
Attributes geometry(const Layer &l) {
  return Attributes().set_padding({l.r / 2, l.r / 2}).set_stride({l.stride, l.stride}).set_dilation({1, 1});
}

inline void add_forward(fe::graph::Graph &g, const Request &r, const Shape &in, const Shape &filters,
                        const Shape &out) {
  auto t = g.conv_fprop(operand(g, op_x, in), operand(g, op_w, filters),
                        geometry<fe::graph::Conv_fprop_attributes>(r.layer));
  t = pointwise(g, fe::PointwiseMode_t::ADD, t, operand(g, op_b, {1, r.layer.k, 1, 1}));
  if (r.residual) t = pointwise(g, fe::PointwiseMode_t::ADD, t, operand(g, op_residual, out));
  if (r.relu) t = pointwise(g, fe::PointwiseMode_t::RELU_FWD, t);
  result(t, op_out, out, fe::DataType_t::BFLOAT16);
}

inline void add_input(fe::graph::Graph &g, const Request &r, const Shape &in, const Shape &filters, const Shape &out) {
  auto t = g.conv_dgrad(operand(g, op_dy, out), operand(g, op_w, filters),
                        geometry<fe::graph::Conv_dgrad_attributes>(r.layer));
  t->set_dim(in);
  if (r.residual) t = pointwise(g, fe::PointwiseMode_t::ADD, t, operand(g, op_residual, in));
  if (!r.relu) return result(t, op_out, in, fe::DataType_t::BFLOAT16);
  t = pointwise(g, fe::PointwiseMode_t::RELU_BWD, t, operand(g, op_y, in));
  result(t, op_out, in, fe::DataType_t::BFLOAT16);
  if (!r.sum) return;
  auto db = g.reduction(t, fe::graph::Reduction_attributes().set_mode(fe::ReductionMode_t::ADD));
  result(db, op_db, {1, r.layer.c, 1, 1}, fe::DataType_t::FLOAT);
}

inline void add_weight(fe::graph::Graph &g, const Request &r, const Shape &in, const Shape &filters, const Shape &out) {
  auto t =
      g.conv_wgrad(operand(g, op_dy, out), operand(g, op_x, in), geometry<fe::graph::Conv_wgrad_attributes>(r.layer));
  result(t, op_out, filters, fe::DataType_t::BFLOAT16);
}

// An engine of cuDNN 9.19 whose kernels use Hopper's wgmma instructions, and configurations of its kernels.
struct Engine {
  int64_t id;
  std::vector<int64_t> configurations;
};

// Returns the engines to ask for by name. The heuristics leave them out if cuDNN cannot ask the driver how many
// clusters fit, and always for 7x7 layers without a residual. Strided layers have none.
inline std::vector<Engine> wgmma_engines(const Request &r) {
  if (r.layer.stride > 1) return {};
  if (r.pass == Request::input && r.relu) return {{4, {6, 47, 4, 8, 2}}, {2, {4, 6, 8, 10, 44}}};
  if (r.pass == Request::forward && !r.residual && r.layer.r == 7) return {{53, {0, 2, 3, 4, 6}}};
  return {};
}

inline bool lists(const fe::graph::Graph &g, int64_t engine) {
  for (int64_t i = 0, id = -1; i < g.get_execution_plan_count(); i++) {
    std::unordered_map<fe::KnobType_t, int64_t> knobs;
    if (g.get_engine_and_knobs_at_index(i, id, knobs).is_good() && id == engine) return true;
  }
  return false;
}

// Lists the engines that the heuristics left out, after theirs. cuDNN refuses an engine that the device cannot run.
inline void add_wgmma(fe::graph::Graph &g, const Request &r) {
  for (const auto &[engine, configurations] : wgmma_engines(r)) {
    if (lists(g, engine)) continue;
    for (const auto c : configurations) (void)g.create_execution_plan(engine, {{fe::KnobType_t::KERNEL_CFG, c}});
  }
}

}  // namespace plans

// Builds the request's graph in g, and lists cuDNN's plans for it without building them. handle is null if g has device
// properties.
inline void plan(fe::graph::Graph &g, const Request &r, cudnnHandle_t handle) {
  g.set_io_data_type(fe::DataType_t::BFLOAT16).set_intermediate_data_type(fe::DataType_t::FLOAT);
  g.set_compute_data_type(fe::DataType_t::FLOAT);
  const auto &l = r.layer;
  static decltype(&plans::add_forward) const add[] = {plans::add_forward, plans::add_input, plans::add_weight};
  add[r.pass](g, r, {l.n, l.c, l.h, l.w}, {l.k, l.c, l.r, l.r}, {l.n, l.k, l.out(l.h), l.out(l.w)});
  good(g.validate());
  good(g.build_operation_graph(handle));
  good(g.create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK}));
  plans::add_wgmma(g, r);
}

}  // namespace sg
