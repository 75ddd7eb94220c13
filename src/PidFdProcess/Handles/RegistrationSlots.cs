namespace PidFdProcess.Handles;

/// <summary>The registrations of the event loop by token. Not thread-safe, because the loop has a lock.</summary>
internal sealed class RegistrationSlots
{
    private Slot[] _slots = new Slot[16];
    private int _used;
    private int _firstFree = -1;

    public int Count { get; private set; }

    /// <summary>Puts a registration into a slot, and returns its token, which is never 0.</summary>
    public ulong Take(ExitRegistration registration)
    {
        int index = _firstFree;
        if (index >= 0)
        {
            _firstFree = _slots[index].NextFree;
        }
        else
        {
            index = _used++;
            if (index == _slots.Length)
            {
                Array.Resize(ref _slots, index * 2);
            }
        }

        Count++;
        ref Slot slot = ref _slots[index];
        slot.Registration = registration;

        // Use 0 of slot 0 would give the token 0, which means that there is no registration.
        slot.Use = slot.Use == uint.MaxValue ? 1 : slot.Use + 1;
        return ((ulong)slot.Use << 32) | (uint)index;
    }

    /// <summary>
    /// Whether the first tokens of the array may be from <see cref="Take"/>. Their slots may be free or used again. Other tokens are from an epoll
    /// set of other code, which has closed the descriptor of this one and got its number.
    /// </summary>
    public bool HaveGiven(ulong[] tokens, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (tokens[i] >> 32 == 0 || (uint)tokens[i] >= (uint)_used)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The registration with this token, or <see langword="null"/> if its slot is free or was used again.</summary>
    public ExitRegistration? Find(ulong token)
    {
        ref Slot slot = ref _slots[IndexOf(token)];
        return slot.Use == (uint)(token >> 32) ? slot.Registration : null;
    }

    public void Free(ulong token)
    {
        Count--;
        ref Slot slot = ref _slots[IndexOf(token)];
        slot.Registration = null;
        slot.NextFree = _firstFree;
        _firstFree = IndexOf(token);
    }

    public ExitRegistration[] ToArray()
    {
        ExitRegistration[] all = new ExitRegistration[Count];
        int count = 0;
        foreach (ref Slot slot in _slots.AsSpan(0, _used))
        {
            if (slot.Registration is { } registration)
            {
                all[count++] = registration;
            }
        }

        return all;
    }

    private static int IndexOf(ulong token) => (int)(uint)token;

    private struct Slot
    {
        public ExitRegistration? Registration;
        public uint Use;
        public int NextFree;
    }
}
