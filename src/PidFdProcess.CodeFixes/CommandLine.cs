using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>A command line that code builds from known text and one PID of a process object.</summary>
internal sealed class CommandLine
{
    private string _text = "";

    /// <summary>Gets the text before the PID.</summary>
    public string Options { get; private set; } = "";

    /// <summary>Gets <c>process.Id</c>.</summary>
    public IOperation? Id { get; private set; }

    /// <summary>Reads the value, or returns <see langword="null"/> if it has another form.</summary>
    public static CommandLine? Read(IOperation value)
    {
        CommandLine line = new();
        return line.Append(value) && line.Id is not null && line._text.Trim().Length == 0 ? line : null;
    }

    private bool Append(IOperation value)
    {
        if (value.ConstantValue is { HasValue: true, Value: string text })
        {
            _text += text;
            return true;
        }

        if (ProcessIds.IsId(value))
        {
            if (Id is not null)
            {
                return false;
            }

            (Id, Options, _text) = (value, _text, "");
            return true;
        }

        return value switch
        {
            IConversionOperation conversion => Append(conversion.Operand),
            IInterpolatedStringOperation interpolated => interpolated.Parts.All(Append),
            IInterpolatedStringTextOperation part => Append(part.Text),
            IInterpolationOperation { FormatString: null, Alignment: null } hole => Append(hole.Expression),
            IBinaryOperation { OperatorKind: BinaryOperatorKind.Add } sum => Append(sum.LeftOperand) && Append(sum.RightOperand),
            IInvocationOperation { TargetMethod.Name: "ToString", Instance: { } instance } => Append(instance),
            IArrayCreationOperation { Initializer: { } initializer } => AppendWords(initializer.ElementValues),
            ICollectionExpressionOperation collection => AppendWords(collection.Elements),
            IObjectCreationOperation { Initializer: { } initializer } => AppendWords(initializer.Initializers
                .OfType<IInvocationOperation>().Select(static add => add.Arguments[0].Value)),
            _ => false,
        };
    }

    private bool AppendWords(IEnumerable<IOperation> words)
    {
        foreach (IOperation word in words)
        {
            if (!Append(word))
            {
                return false;
            }

            _text += " ";
        }

        return true;
    }
}
