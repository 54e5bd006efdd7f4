// SPDX-License-Identifier: GPL-2.0-only
// The guest's DSDT: a module device that owns the MMIO windows, the VMBus
// below it, the serial ports. Compiled twice, with GEN1 or GEN2 defined.
DefinitionBlock ("", "DSDT", 2, "HVGST", "HVROOT", 1)
{
	// S5: the value to write into the sleep type field (pm.h)
	Name (\_S5, Package () { 5, 5, 0, 0 })

	Scope (\_SB)
	{
		Device (VMOD)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				// 128 MiB below 0xFE000000, in the hole below 4 GiB
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					Cacheable, ReadWrite, 0,
					0xF6000000, 0xFDFFFFFF, 0, 0x08000000)
				// 4 GiB at 60 GiB, above all RAM
				QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					Cacheable, ReadWrite, 0,
					0xF00000000, 0xFFFFFFFFF, 0, 0x100000000)
			})

			Device (VMBS)
			{
				Name (STA, 0x0F)
				Name (_HID, "VMBus")
				Name (_UID, 0)
				Name (_DDN, "VMBUS")
				Method (_STA) { Return (STA) }
				Method (_DIS) { STA &= 0x0D }
				Method (_PS0) { STA |= 0x0F }
				Method (_PS3) { }
#ifdef GEN1
				Name (_CRS, ResourceTemplate ()
				{
					IRQ (Edge, ActiveHigh, Exclusive) { 7 }
				})
#else
				// empty, but there: Linux looks at the parent's
				// windows only when this one can be read
				Name (_CRS, ResourceTemplate () { })
#endif
			}
		}

		// No interrupt: the clock can be read, alarms do not exist
		Device (RTC)
		{
			Name (_HID, EisaId ("PNP0B00"))
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x0070, 0x0070, 0, 2)
			})
		}

		Device (COM1)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x03F8, 0x03F8, 0, 8)
				IRQ (Edge, ActiveHigh, Exclusive) { 4 }
			})
		}

		Device (COM2)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 2)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x02F8, 0x02F8, 0, 8)
				IRQ (Edge, ActiveHigh, Exclusive) { 3 }
			})
		}
	}
}
