using System.Globalization;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>The tree of a process by PIDs, for a command that started it and knows that nobody else ends it.</summary>
internal static class OwnTree
{
    /// <summary>Lists the process and its descendants.</summary>
    public static List<int> Of(int processId)
    {
        List<int> all = [processId];
        for (int i = 0; i < all.Count; i++)
        {
            foreach (int id in Ids())
            {
                if (ParentOf(id) == all[i])
                {
                    all.Add(id);
                }
            }
        }

        return all;
    }

    public static bool IsAlive(int processId) => Fields(processId) is [not ("Z" or "X"), ..];

    private static int? ParentOf(int processId) =>
        Fields(processId) is [_, string parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : null;

    private static IEnumerable<int> Ids() => Directory.GetDirectories("/proc")
        .Select(static directory => int.TryParse(Path.GetFileName(directory), out int id) ? id : 0)
        .Where(static id => id > 0);

    private static string[] Fields(int processId)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
