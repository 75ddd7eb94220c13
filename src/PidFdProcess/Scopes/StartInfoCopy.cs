using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace PidFdProcess.Scopes;

// Overview
//
// Copies the start of a program for the tools that run it.
//
// Constraints: Later versions of .NET have more properties than the versions that this library is built for. For example, .NET 11 has
// StandardOutputHandle. If one of them was not copied, the program would silently start in another way.

/// <summary>Makes a copy of a <see cref="ProcessStartInfo"/> that starts tools, which run the original program.</summary>
internal static partial class StartInfoCopy
{
    // The file name and the arguments differ on purpose. The other properties are for Windows, and some of them throw on Linux.
    private static readonly HashSet<string> s_left =
    [
        "FileName", "Arguments", "Domain", "LoadUserProfile", "Password", "PasswordInClearText", "UseCredentialsForNetworkingOnly",
        "CreateNewProcessGroup",
    ];

    /// <summary>Gets the properties that are the same in the copy, those of later versions included.</summary>
    private static IEnumerable<PropertyInfo> Copied =>
        typeof(ProcessStartInfo).GetProperties().Where(static property => property.CanWrite && !s_left.Contains(property.Name));

    /// <summary>Returns a property that only later versions of .NET have, or the default value.</summary>
    public static bool IsOn(ProcessStartInfo startInfo, string property) =>
        typeof(ProcessStartInfo).GetProperties().FirstOrDefault(each => each.Name == property)?.GetValue(startInfo) is true;

    /// <summary>Copies all but the command line, which is <paramref name="tools"/> and then the arguments of the original.</summary>
    public static ProcessStartInfo Of(ProcessStartInfo original, IReadOnlyList<string> tools)
    {
        ProcessStartInfo copy = new(tools[0]);
        foreach (PropertyInfo property in Copied)
        {
            object? value = property.GetValue(original);
            if (!Equals(value, property.GetValue(copy)))
            {
                property.SetValue(copy, value);
            }
        }

        copy.Environment.Clear();
        foreach ((string name, string? value) in original.Environment)
        {
            copy.Environment[name] = value;
        }

        if (original.Arguments.Length > 0)
        {
            StringBuilder text = new();
            tools.Skip(1).ToList().ForEach(tool => text.Append('"').Append(Escape(tool)).Append("\" "));
            copy.Arguments = text.Append(original.Arguments).ToString();
        }
        else
        {
            tools.Skip(1).Concat(original.ArgumentList).ToList().ForEach(copy.ArgumentList.Add);
        }

        return copy;
    }

    /// <summary>
    /// Escapes an argument for use inside quotation marks. The runtime splits <see cref="ProcessStartInfo.Arguments"/>, and takes a backslash as an
    /// escape only before a quotation mark.
    /// </summary>
    private static string Escape(string argument) => QuotedBackslashes().Replace(
        argument, static match => match.Groups[1].Value + match.Groups[1].Value + (match.Groups[2].Length > 0 ? "\\\"" : ""));

    [GeneratedRegex("""(\\*)("|$)""")]
    private static partial Regex QuotedBackslashes();
}
