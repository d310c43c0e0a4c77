// Numbers read as number_text in numbers.py writes them.

function numberText(v) {
  if (Number.isNaN(v)) return "nan";
  const size = Math.abs(v);
  if (size === Infinity) return v > 0 ? "∞" : "−∞";
  const near = Math.round(v);
  const whole = size > 0.5 && Math.abs(v - near) <= 1e-12 * Math.max(size, Math.abs(near));
  let text;
  if (size < 999999.5 && (whole || size >= 1000)) {
    // Python rounds halves to even.
    text = String(Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : near);
  } else if (v === 0 || (size >= 0.001 && size < 1000)) {
    text = String(Number(significant(v, size < 1 ? 3 : 4)));
  } else {
    text = significant(v, 3).replace(/\.?0*e\+?/, "e");
  }
  return text.replace(/-/g, "−");
}

// In exponential form; a tie goes to the even digit, where toExponential would take the larger.
function significant(v, count) {
  const [digits, exponent] = v.toExponential(60).split("e");
  const kept = digits.length - 61 + count;
  const rest = digits.slice(kept);
  if (/^50*$/.test(rest) && Number(digits[kept - 1]) % 2 === 0) {
    return digits.slice(0, kept) + "e" + exponent;
  }
  return v.toExponential(count - 1);
}

// Fills the blanks in a text; see blanks.py.
function fill(text, numbers) {
  return text.replace(/\ue000(\(?)([^\ue001]+)\ue001/g, (match, bracket, key) => {
    const number = numberText(numbers[key]);
    return bracket && number.startsWith("−") ? "(" + number + ")" : number;
  });
}
