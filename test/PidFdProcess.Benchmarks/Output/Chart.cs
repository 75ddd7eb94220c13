using System.Globalization;
using System.Text;

namespace PidFdProcess.Benchmarks.Output;

/// <summary>A line of a chart, in logarithmic coordinates on both axes or on one.</summary>
internal sealed record Line(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Draws lines into an SVG that can be read on a light and on a dark page.</summary>
internal sealed class Chart(string title, string xTitle, string yTitle, bool logarithmicY)
{
    private const int Width = 760;
    private const int Height = 400;
    private const int Left = 70;
    private const int Right = 170;
    private const int Top = 40;
    private const int Bottom = 50;

    private static readonly string[] s_colors = ["#d1495b", "#2e86ab", "#2a9d55", "#8d8d8d", "#e09f3e", "#7b5ea7"];

    private readonly StringBuilder _svg = new();

    public string Draw(IReadOnlyList<Line> lines)
    {
        (double X, double Y)[] all = [.. lines.SelectMany(static line => line.Points)];
        Axis x = new(all.Min(static p => p.X), all.Max(static p => p.X), true, Left, Width - Right);
        Axis y = new(all.Min(static p => p.Y), all.Max(static p => p.Y), logarithmicY, Height - Bottom, Top);
        Add($"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {Width} {Height}' font-family='sans-serif' font-size='12'>");
        Add($"<rect width='{Width}' height='{Height}' fill='#fff'/>");
        Text(Left, 22, title, "start", "font-weight='bold' font-size='14'");
        foreach (double tick in x.Ticks())
        {
            Add($"<path d='M{x.At(tick):0.0} {Top}V{Height - Bottom}' stroke='#e4e4e4'/>");
            Text(x.At(tick), Height - Bottom + 18, Label(tick), "middle");
        }

        foreach (double tick in y.Ticks())
        {
            Add($"<path d='M{Left} {y.At(tick):0.0}H{Width - Right}' stroke='#e4e4e4'/>");
            Text(Left - 8, y.At(tick) + 4, Label(tick), "end");
        }

        Text((Left + Width - Right) / 2.0, Height - 10, xTitle, "middle");
        Text(16, (Top + Height - Bottom) / 2.0, yTitle, "middle", $"transform='rotate(-90 16 {(Top + Height - Bottom) / 2})'");
        for (int i = 0; i < lines.Count; i++)
        {
            string color = s_colors[i % s_colors.Length];
            string path = string.Join('L', lines[i].Points.Select(p => Invariant($"{x.At(p.X):0.0} {y.At(p.Y):0.0}")));
            Add($"<path d='M{path}' fill='none' stroke='{color}' stroke-width='2'/>");
            Add($"<path d='M{Width - Right + 12} {Top + 16 + (i * 20)}h18' stroke='{color}' stroke-width='3'/>");
            Text(Width - Right + 36, Top + 20 + (i * 20), lines[i].Name, "start");
        }

        return _svg.Append("</svg>\n").ToString();
    }

    private static string Label(double value) => value.ToString(value >= 1 ? "N0" : "0.#####", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private void Text(double x, double y, string text, string anchor, string more = "") =>
        Add($"<text x='{x:0.0}' y='{y:0.0}' text-anchor='{anchor}' fill='#222' {more}>{System.Security.SecurityElement.Escape(text)}</text>");

    private void Add(FormattableString text) => _svg.Append(Invariant(text)).Append('\n');

    private sealed record Axis(double Min, double Max, bool IsLogarithmic, double From, double To)
    {
        private double Low => IsLogarithmic ? Math.Log10(Round(Min, up: false)) : 0;

        private double High => IsLogarithmic ? Math.Log10(Round(Max, up: true)) : Max;

        public double At(double value) => From + (((IsLogarithmic ? Math.Log10(value) : value) - Low) / (High - Low) * (To - From));

        public IEnumerable<double> Ticks() => IsLogarithmic
            ? Enumerable.Range((int)Math.Ceiling(Low), (int)(Math.Floor(High) - Math.Ceiling(Low)) + 1)
                .Select(static exponent => Math.Pow(10, exponent))
            : Enumerable.Range(0, 5).Select(i => High * i / 4);

        // To 1, 2, 5 or 10 times a power of ten.
        private static double Round(double value, bool up)
        {
            double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
            IEnumerable<double> steps = ((double[])[1, 2, 5, 10]).Select(step => step * power);
            return up ? steps.First(step => step >= value) : steps.Last(step => step <= value);
        }
    }
}
