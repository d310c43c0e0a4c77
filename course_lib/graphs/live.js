// The layers that the page can compute itself, by the names of their classes; see live.py.
const OPERATIONS = {
  AddLayer: { out: ({ x, y }) => x + y, grads: ({ dout }) => [dout, dout] },
  SubLayer: { out: ({ x, y }) => x - y, grads: ({ dout }) => [dout, -dout] },
  MulLayer: { out: ({ x, y }) => x * y, grads: ({ x, y, dout }) => [dout * y, dout * x] },
  DivLayer: {
    out: ({ x, y }) => x / y,
    grads: ({ x, y, dout }) => [dout / y, (-dout * x) / y ** 2],
  },
  ExpLayer: { out: ({ x }) => Math.exp(x), grads: ({ out, dout }) => [dout * out] },
  LogLayer: { out: ({ x }) => Math.log(x), grads: ({ x, dout }) => [dout / x] },
  SquareLayer: { out: ({ x }) => x ** 2, grads: ({ x, dout }) => [dout * 2 * x] },
  ReciprocalLayer: { out: ({ x }) => 1 / x, grads: ({ out, dout }) => [-dout * out ** 2] },
  Relu: { out: ({ x }) => (x <= 0 ? 0 : x), grads: ({ x, dout }) => [x <= 0 ? 0 : dout] },
  LeakyRelu: {
    out: ({ x, alpha }) => (x <= 0 ? alpha * x : x),
    grads: ({ x, alpha, dout }) => [x <= 0 ? alpha * dout : dout],
  },
  Sigmoid: { out: ({ x }) => sigmoid(x), grads: ({ out, dout }) => [dout * out * (1 - out)] },
  Tanh: { out: ({ x }) => Math.tanh(x), grads: ({ out, dout }) => [dout * (1 - out ** 2)] },
  Softplus: {
    out: ({ x }) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    grads: ({ x, dout }) => [dout * sigmoid(x)],
  },
  Swish: {
    out: ({ x }) => x * sigmoid(x),
    grads: ({ x, dout }) => [dout * (sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x)))],
  },
};

function sigmoid(x) {
  const z = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + z) : z / (1 + z);
}

// Both passes at other inputs, given by index. Returns all numbers by the keys of blanks.py.
function recompute({ values, nodes, seed }, inputs) {
  const n = {};
  values.forEach((value, i) => {
    if (value.kind !== "result") n["v" + i] = i in inputs ? inputs[i] : value.value;
  });
  const known = ({ inputs: [x, y], output, settings }) =>
    ({ ...settings, x: n["v" + x], y: n["v" + y], out: n["v" + output], dout: n["g" + output] });
  for (const node of nodes) n["v" + node.output] = OPERATIONS[node.operation].out(known(node));
  if (seed) n["g" + seed.index] = seed.grad;
  for (const node of [...nodes].reverse()) {
    if (!("g" + node.output in n)) continue;
    OPERATIONS[node.operation].grads(known(node)).forEach((grad, i) => {
      const key = "g" + node.inputs[i];
      n["c" + node.output + "." + i] = grad;
      // Gradients of a value that is used several times add.
      n[key] = key in n ? n[key] + grad : grad;
    });
  }
  return n;
}
