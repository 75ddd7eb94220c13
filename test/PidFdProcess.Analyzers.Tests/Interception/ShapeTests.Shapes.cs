namespace PidFdProcess.Analyzers.Tests.Interception;

public sealed partial class ShapeTests
{
    private static readonly Dictionary<string, string> s_shapes = new()
    {
        ["statements"] = """
            using System.Diagnostics;
            Process p = new();
            p.Kill();
            p.Kill(true);
            p.Kill(entireProcessTree: false);
            p.WaitForExit();
            _ = p.WaitForExit(5);
            _ = p.WaitForExit(TimeSpan.Zero);
            await p.WaitForExitAsync();
            await p.WaitForExitAsync(CancellationToken.None);
            _ = p.Start();
            """,
        ["static calls"] = """
            using System.Diagnostics;
            Process? a = Process.Start(new ProcessStartInfo("true"));
            Process b = Process.Start("true");
            Process c = Process.Start("true", "-x");
            Process d = Process.Start("true", ["-x"]);
            Process e = Process.Start("true", new List<string>());
            Process f = Process.GetProcessById(1);
            Process g = System.Diagnostics.Process.GetProcessById(1, ".");
            Process h = Process.GetProcessById(machineName: ".", processId: 1);
            Console.WriteLine(a?.Id + b.Id + c.Id + d.Id + e.Id + f.Id + g.Id + h.Id);
            """,
        ["null and its friends"] = """
            #nullable enable
            using System.Diagnostics;
            Process? p = Environment.ProcessId == 1 ? null : new();
            p?.Kill();
            bool? exited = p?.WaitForExit(5);
            if (p?.WaitForExit(5) == true) { }
            Task? wait = p?.WaitForExitAsync();
            p!.Kill();
            Process[]? all = [p];
            all?[0]?.Kill();
            Process.Start("true")?.WaitForExit();
            (p ?? new()).Kill();
            """,
        ["lambdas, local functions, iterators and async methods"] = """
            using System.Diagnostics;
            Action<Process> kill = p => p.Kill();
            Func<Process, Task> wait = async p => await p.WaitForExitAsync();
            Local(new()); kill(new()); await wait(new());
            foreach (bool exited in Each([])) { }
            await foreach (bool exited in EachAsync([])) { }
            static void Local(Process p) => p.Kill(true);
            static IEnumerable<bool> Each(Process[] all) { foreach (Process p in all) { yield return p.WaitForExit(1); } }
            static async IAsyncEnumerable<bool> EachAsync(Process[] all)
            {
                foreach (Process p in all) { await p.WaitForExitAsync(); yield return p.WaitForExit(1); }
            }
            """,
        ["members of all kinds"] = """
            using System.Diagnostics;
            class C
            {
                private readonly Process _field = Process.Start("true");
                private static readonly bool s_field = Process.GetProcessById(1).WaitForExit(0);
                public C() => _field.Kill();
                ~C() => _field.Kill();
                public bool Property => _field.WaitForExit(0) && s_field;
                public bool this[int i] { get => _field.WaitForExit(i); }
                public event EventHandler E { add => _field.Kill(); remove => _field.Kill(); }
                public static C operator +(C c, Process p) { p.Kill(); return c; }
                public void Default(Process p, Action? a = null) => Nested.Run(p);
                private static class Nested { public static void Run(Process p) => p.Kill(); }
            }
            """,
        ["subclasses"] = """
            using System.Diagnostics;
            class Own : Process
            {
                public void Run() { Start(); this.Start(); base.Start(); Kill(); base.Kill(true); WaitForExit(); Action a = () => Kill(); a(); }
                public async Task RunAsync() { await WaitForExitAsync(); await base.WaitForExitAsync(); }
                public static Process Other() => GetProcessById(1);
            }
            class Hiding : Process
            {
                public new void Kill() => base.Kill();
            }
            class Caller
            {
                public void Run(Own own, Hiding hiding) { own.Kill(); hiding.Kill(); ((Process)hiding).Kill(); Own.Start("true"); }
            }
            """,
        ["generic code"] = """
            using System.Diagnostics;
            class C<T> where T : Process
            {
                public void Kill(T p) { p.Kill(); p?.Kill(); p!.WaitForExit(5); }
                public static Task Wait<U>(U p) where U : T => p.WaitForExitAsync();
                public static void Each(IEnumerable<T> all) { foreach (T p in all) { p.Kill(true); } }
            }
            """,
        ["using static, aliases and qualified names"] = """
            using System.Diagnostics;
            using static System.Diagnostics.Process;
            using P = System.Diagnostics.Process;
            using D = System.Diagnostics;
            P a = Start("true");
            P b = P.GetProcessById(1);
            D.Process c = D.Process.GetProcessById(1);
            D::Process d = global::System.Diagnostics.Process.GetProcessById(1);
            a.Kill(); b.Kill(); c.Kill(); d.Kill();
            """,
        ["arguments with effects"] = """
            using System.Diagnostics;
            int n = 0;
            Process Next() { n++; return new(); }
            _ = Next().WaitForExit(n++) | Next().WaitForExit(milliseconds: ++n);
            Process.Start(arguments: "a" + n++, fileName: "b" + n++);
            """,
        ["statements of all kinds"] = """
            using System.Diagnostics;
            using Process p = Process.Start("true");
            using (Process q = Process.Start("true")) { q.Kill(); }
            try { p.Kill(); } catch (Exception) when (p.WaitForExit(1)) { p.Kill(); } finally { p.Kill(); }
            switch (p.WaitForExit(1)) { case true when p.WaitForExit(2): p.Kill(); break; }
            for (p.Start(); p.WaitForExit(1); p.Kill()) { }
            lock (p) { p.Kill(); }
            string text = $"{p.WaitForExit(1)}";
            var query = from x in new[] { p } where x.WaitForExit(1) select x.WaitForExit(2);
            unsafe { p.Kill(); }
            checked { p.Kill(); }
            var o = new { Exited = p.WaitForExit(1) };
            (bool, bool) t = (p.WaitForExit(1), p.WaitForExit(2)); Console.WriteLine(t);
            bool r = p is { } some && some.WaitForExit(1) || text switch { _ => p.WaitForExit(3) };
            """,
        ["lines and regions"] = """
            #line 500 "elsewhere.cs"
            using System.Diagnostics;
            #region a
            Process p = new();
            #line (1, 1) - (1, 10) 5 "other.cs"
            p.Kill(); p
                // a comment
                .Kill(
                );
            #line hidden
            p /* one */ . /* two */ Kill /* three */ ();
            #line default
            #endregion
            """,
        ["partial types and records"] = """
            using System.Diagnostics;
            partial class C { partial void M(Process p); }
            partial class C { partial void M(Process p) => p.Kill(); }
            record struct R(Process P) { public bool Exited => P.WaitForExit(0); }
            interface I { static void M(Process p) => p.Kill(); void N(Process p) => p.Kill(); }
            enum E { A }
            file class F { public static void M(Process p) => p.Kill(); }
            """,
        ["what stays"] = """
            using System.Diagnostics;
            using System.Linq.Expressions;
            Process p = new();
            Expression<Action> tree = () => p.Kill(); // stays
            Expression<Func<Process, Func<bool>>> nested = x => () => x.WaitForExit(1); // stays
            IQueryable<Process> all = new[] { p }.AsQueryable();
            var query = from x in all where x.WaitForExit(1) select x; // stays
            var chosen = from x in all select x.WaitForExit(1); // stays
            Action group = p.Kill;
            ((p.Kill))(); // stays
            Func<int, Process> open = Process.GetProcessById;
            dynamic d = p;
            d.Kill();
            Console.WriteLine(nameof(p.Kill) + nameof(Process.GetProcessById));
            _ = p.HasExited;
            p.Kill();
            """,
        ["queries over expressions"] = """
            using System.Diagnostics;
            Process p = new();
            IQueryable<Process> all = new[] { p }.AsQueryable();
            var order = from x in all orderby x.WaitForExit(1) select x; // stays
            var second = from x in all orderby x.Id, x.WaitForExit(1) descending select x; // stays
            var let = from x in all let e = x.WaitForExit(1) select e; // stays
            var key = from x in all group x by x.WaitForExit(1); // stays
            var element = from x in all group x.WaitForExit(1) by x.Id; // stays
            var from = from x in all from y in all select x.WaitForExit(y.Id); // stays
            var inner = from x in all from y in More.Of(Process.GetProcessById(x.Id)) select y; // stays
            var join = from x in all join y in all on x.WaitForExit(1) equals y.WaitForExit(2) select x; // stays
            var result = from x in all join y in all on x.Id equals y.Id select x.WaitForExit(y.Id); // stays
            var into = from x in all join y in all on x.Id equals y.Id into g where x.WaitForExit(1) select g; // stays
            var source = from x in More.Of(Process.GetProcessById(1)) select x;
            var joined = from x in all join y in More.Of(Process.GetProcessById(1)) on x.Id equals y.Id select x;
            static class More { public static IQueryable<Process> Of(Process x) => new[] { x }.AsQueryable(); }
            """,
        ["queries over objects"] = """
            using System.Diagnostics;
            Process p = new();
            Process[] all = [p];
            var order = from x in all orderby x.WaitForExit(1), x.WaitForExit(2) select x.WaitForExit(3);
            var let = from x in all let e = x.WaitForExit(1) group x.WaitForExit(2) by x.WaitForExit(3);
            var from = from x in all from y in new[] { Process.GetProcessById(x.Id) } select y.WaitForExit(y.Id);
            var join = from x in all join y in all on x.WaitForExit(1) equals y.WaitForExit(2) select x.WaitForExit(3);
            """,
        ["methods of the same name"] = """
            using System.Diagnostics;
            new Other().Kill(); Stopwatch.StartNew().Start(); new Thread(() => { }).Start(); new Process().Kill();
            class Other { public void Kill() { } }
            """,
    };
}
